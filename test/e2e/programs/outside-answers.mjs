// Reads what stands only when another process or thread has answered, or has computed, which takes longer than a second.
import { fork, spawn } from 'node:child_process';
import { pbkdf2 } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { mkdtempSync, rmSync, watch } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { parentPort, Worker } from 'node:worker_threads';

function database(path) {
  const server = createServer((socket) => {
    socket.on('data', () => setTimeout(() => socket.end('42'), 2500));
  });
  if (path === undefined) server.listen(0, '127.0.0.1', () => console.log(server.address().port));
  else server.listen(path, () => console.log('listens'));
}

async function upload() {
  const child = spawn(process.execPath, [process.argv[1], 'database'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [port] = await once(child.stdout, 'data');
  const asked = connect(Number(port), '127.0.0.1');

  const source = Readable.from(
    Array.from({ length: 2000 }, () => 'x'.repeat(1024)),
    { objectMode: false },
  );
  const [toHash, toDisk] = [source.pipe(new PassThrough()), source.pipe(new PassThrough())];
  const hashed = text(toHash); // stops when toDisk is full
  const body = new TransformStream();
  const writer = body.writable.getWriter();
  const written = (async () => await writer.write('a'))();
  const ended = once(toDisk, 'end');
  const isOver = (async () => await ended)();

  asked.write('is there room?');
  const answer = await text(asked);
  const stored = await text(toDisk);
  await body.readable.getReader().read();
  await Promise.all([written, isOver]);
  console.log(answer, (await hashed).length === stored.length);
  child.kill();
}

/** What a child process, native code or a worker works on: the same, one after the other. */
async function helped(work) {
  const { readable, writable } = new TransformStream();
  const writer = writable.getWriter();
  const written = (async () => await writer.write('a'))();
  await work();
  await readable.getReader().read();
  await written;
}

async function asksHelpers() {
  const sleeps = ['-e', 'setTimeout(() => {}, 2000)'];
  await helped(() => once(spawn(process.execPath, sleeps, { stdio: ['ignore', 'pipe', 'inherit'] }), 'exit'));
  await helped(() => promisify(pbkdf2)('secret', 'salt', 2_000_000, 64, 'sha512'));
  const computes = 'const until = Date.now() + 2000; while (Date.now() < until);';
  await helped(() => once(new Worker(computes, { eval: true }), 'exit'));
  console.log('helped');
}

/** A socket with a path, a file that changes, a worker that waits for somebody, and an event that comes once for each job. */
async function asksSilentOnes() {
  const folder = mkdtempSync(join(tmpdir(), 'dept-outside-'));
  const path = join(folder, 'socket');
  const child = spawn(process.execPath, [process.argv[1], 'database', path], { stdio: ['ignore', 'pipe', 'ignore'] });
  await once(child.stdout, 'data');
  child.unref();
  child.stdout.destroy();
  const ask = () => {
    const asked = connect(path);
    asked.write('is there room?');
    return text(asked);
  };
  await helped(ask);
  const touch = `require('node:fs').writeFileSync(process.argv[1], '')`;
  const touching = ['-e', `setTimeout(() => { ${touch} }, 2000)`, `${path}.done`];
  await helped(async () => {
    const watcher = watch(folder);
    spawn(process.execPath, touching, { stdio: 'ignore' }).unref();
    await once(watcher, 'change');
    watcher.close();
  });
  const answersLate = `setTimeout(() => require('node:worker_threads').parentPort.postMessage('late'), 2000)`;
  await helped(() => once(new Worker(answersLate, { eval: true }), 'message'));

  const printer = new EventEmitter();
  const print = async (page) => {
    if (page > 0) await ask();
    printer.emit('done', page);
  };
  for (const page of [0, 1]) {
    const printed = once(printer, 'done');
    void print(page);
    await printed;
  }
  child.kill();
  rmSync(folder, { recursive: true });
  console.log('answered');
}

/** A child waits for its parent, and a worker for its main thread. */
async function asksAbove() {
  const path = process.argv[1];
  const wait = `setTimeout(() => undefined, 2000)`;
  const [child, worker] = [fork(path, ['below']), new Worker(new URL(import.meta.url), { argv: ['below'] })];
  const heard = Promise.all([once(child, 'exit'), once(worker, 'exit')]);
  await once(spawn(process.execPath, ['-e', wait], { stdio: 'ignore' }), 'exit');
  child.send('go');
  worker.postMessage('go');
  await heard;
  console.log('heard');
}

async function below() {
  const above = parentPort ?? process;
  await helped(() => once(above, 'message'));
  parentPort?.close();
  if (process.connected) process.disconnect();
}

/** Blocks this thread until a worker has the answer of somebody else: one waits in its event loop, one blocks itself. */
async function asksSynchronously() {
  const answer = new Int32Array(new SharedArrayBuffer(4));
  const give = 'Atomics.add(workerData, 0, 1); Atomics.notify(workerData, 0);';
  const head = `const { parentPort, workerData } = require('node:worker_threads');`;
  const sleep = `setTimeout(() => undefined, 2000)`;
  const works = [
    `setTimeout(() => { ${give} }, 2000);`,
    `require('node:child_process').spawnSync(process.execPath, ['-e', '${sleep}']); ${give}`,
  ];
  for (const [index, work] of works.entries()) {
    const worker = new Worker(`${head} parentPort.postMessage('works'); ${work}`, { eval: true, workerData: answer });
    worker.on('message', (message) => console.log(message));
    Atomics.wait(answer, 0, index);
    await once(worker, 'exit');
  }
}

if (process.argv[2] === 'database') database(process.argv[3]);
else if (process.argv[2] === 'silent') await asksSilentOnes();
else if (process.argv[2] === 'above') await asksAbove();
else if (process.argv[2] === 'below') await below();
else if (process.argv[2] === 'blocked') await asksSynchronously();
else if (process.argv[2] === 'helpers') await asksHelpers();
else await upload();
