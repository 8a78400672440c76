// Who holds the lock lets a note be written, which needs the lock and is not awaited, and gives the lock back when it is called
// back: by a process that ends, by an interval, or by a service of another process, beside a server of its own. With "a query" he waits
// for a second connection himself, and a process gives the first one back. For ever it waits with "its note", where only the note, which
// waits for the lock, would call it back, and with "its own server", which answers when the note is written.
import { spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { connect, createServer } from 'node:net';
import { Mutex } from 'async-mutex';
import { createPool } from 'generic-pool';

const [how] = process.argv.slice(2);
const isDeadlock = how.startsWith('its');
if (isDeadlock) await import('./ends-when-found.mjs');

const WORKS = 'setTimeout(() => undefined, 2500)';
const mutex = new Mutex();
const news = new EventEmitter();

async function note(text) {
  const release = await mutex.acquire();
  news.emit('noted', text);
  release();
}

function inCallbacks(work) {
  return new Promise((resolve) => {
    mutex.acquire().then((release) => {
      const noted = note('called back');
      work(() => {
        release();
        resolve(noted);
      });
    });
  });
}

async function after(condition) {
  const release = await mutex.acquire();
  const noted = mutex.runExclusive(() => news.emit('noted'));
  await condition();
  release();
  return noted;
}

function anInterval() {
  const until = performance.now() + 2500;
  return new Promise((resolve) => {
    const timer = setInterval(() => {
      if (performance.now() < until) return;
      clearInterval(timer);
      resolve();
    }, 50);
  });
}

async function itsQuery() {
  const pool = createPool({ create: async () => ({}), destroy: async () => undefined }, { max: 1 });
  const query = async () => pool.release(await pool.acquire());
  const connection = await pool.acquire();
  spawn(process.execPath, ['-e', WORKS]).once('exit', () => void pool.release(connection));
  await query();
}

const SERVICE = `require('node:net').createServer((client) => setTimeout(() => client.end('done'), 2500))
  .listen(0, '127.0.0.1', function () { process.send(this.address().port) })`;

async function itsService() {
  const own = createServer().listen(0, '127.0.0.1');
  const service = spawn(process.execPath, ['-e', SERVICE], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const [port] = await once(service, 'message');
  await inCallbacks((done) => connect(port, '127.0.0.1').once('data', done));
  service.kill();
  own.close();
}

async function itsOwnServer() {
  const server = createServer((client) => news.once('noted', () => client.end('done')));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  await inCallbacks((done) => connect(server.address().port, '127.0.0.1').once('data', done));
}

const ways = {
  'a service': itsService,
  'its own server': itsOwnServer,
  'a process': () => inCallbacks((done) => spawn(process.execPath, ['-e', WORKS]).once('exit', done)),
  'an interval': () => after(anInterval),
  'its note': () => after(() => once(news, 'noted')),
  'a query': itsQuery,
};

// A program that has something to do.
const server = isDeadlock ? spawn(process.execPath, ['-e', 'process.stdin.resume()'], { stdio: 'pipe' }) : null;
await ways[how]();
server?.kill();
console.log('called back');
