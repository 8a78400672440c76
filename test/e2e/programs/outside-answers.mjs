// Reads what stands only when another process has answered, or has somebody computed, which takes longer than a second.
import { spawn } from 'node:child_process';
import { pbkdf2 } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { Worker } from 'node:worker_threads';

function database() {
  const server = createServer((socket) => {
    socket.on('data', () => setTimeout(() => socket.end('42'), 2500));
  });
  server.listen(0, '127.0.0.1', () => console.log(server.address().port));
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

if (process.argv[2] === 'database') database();
else if (process.argv[2] === 'helpers') await asksHelpers();
else await upload();
