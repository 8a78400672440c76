// Functions of a program that runs on wait for promises that nobody can settle any more: a request whose row is not there (`request`, and `handler` where its
// answer alone is missed), a
// pipeline into a stream that is read only when it has ended (`stream`), an event of what nobody else knows (`event`); or they have nothing more to
// do, have lost a race, or were left for others on purpose (`idle`), or wait for what comes from outside or by itself (`healthy`).
import { spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import http from 'node:http';
import { PassThrough, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { MessageChannel, Worker } from 'node:worker_threads';
import { createGzip } from 'node:zlib';

const SECONDS = 7;
const [, , form] = process.argv;
const beat = setInterval(() => undefined, 500);
process.once('SIGTERM', () => process.exit());

const rows = new Map([['1', 'one']]);
function find(id) {
  return new Promise((resolve) => {
    setImmediate(() => {
      const row = rows.get(id);
      if (row === undefined) return;
      resolve(row);
    });
  });
}
async function report(id) {
  return (await find(id)).toUpperCase();
}

async function compress(bytes) {
  const compressed = new PassThrough();
  await pipeline(Readable.from(pieces(bytes)), createGzip({ level: 0 }), compressed);
  return Buffer.concat(await compressed.toArray()).length;
}
function* pieces(bytes) {
  for (let at = 0; at < bytes; at += 16_384) yield Buffer.alloc(16_384, at);
}

const FORMS = {
  async request() {
    const server = http.createServer(
      (request, response) => void report(request.url.slice(1)).then((text) => response.end(text)),
    );
    await once(server.listen(0), 'listening');
    for (const id of ['1', '2', '2']) http.get({ port: server.address().port, path: `/${id}` });
  },
  async handler() {
    async function answer(request, response) {
      response.end(await report(request.url.slice(1)));
    }
    const server = http.createServer((request, response) => void answer(request, response));
    await once(server.listen(0), 'listening');
    http.get({ port: server.address().port, path: '/2' });
  },
  async stream() {
    const size = compress(1_000_000).then((bytes) => console.log(bytes));
    void size;
  },
  async event() {
    const ready = async () => {
      const gone = new EventEmitter();
      await once(gone, 'ready');
      return gone;
    };
    void ready().then(() => console.log('ready'));
  },
  async idle() {
    async function work(jobs) {
      for await (const job of jobs) await job();
    }
    let looking;
    async function lookAgain() {
      for (;;) await new Promise((resolve) => (looking = setTimeout(resolve, 20)));
    }
    let last;
    const put = (value) =>
      new Promise((resolve) => {
        clearTimeout(last);
        last = setTimeout(resolve, 20, value);
      });
    async function save(value) {
      return await put(value);
    }
    void work(new ReadableStream());
    void Promise.race([report('2'), sleep(10)]);
    lookAgain().catch(console.error);
    setTimeout(() => clearTimeout(looking), 50);
    void save(1);
    save(2).catch(console.error);
    await save(3);
  },
  healthy() {
    // A list of the program that has the name of a note of dept's.
    class Board {
      #waits = [];
      changed() {
        return new Promise((resolve) => this.#waits.push(resolve));
      }
      change() {
        for (const go of this.#waits.splice(0)) go();
      }
    }
    const board = new Board();
    const buses = new Set();
    setTimeout(() => {
      board.change();
      for (const bus of buses) bus.deref()?.dispatchEvent(new Event('change'));
    }, SECONDS * 1000);
    const worker = (text, workerData) =>
      new Worker(text, { eval: true, workerData, transferList: workerData === undefined ? [] : [workerData] });
    const later = `setTimeout(() => undefined, ${SECONDS * 1000});`;
    const { port1, port2 } = new MessageChannel();
    const shared = new Int32Array(new SharedArrayBuffer(4));
    const stream = new TransformStream();
    const writer = stream.writable.getWriter();
    const all = [
      async () => void (await board.changed()),
      async () => {
        const bus = new EventTarget();
        buses.add(new WeakRef(bus));
        await new Promise((resolve) => bus.addEventListener('change', resolve));
        return bus;
      },
      async () => void (await once(worker(later), 'exit')),
      async () => void (await once(spawn('sleep', [`${SECONDS}`]), 'exit')),
      () => sleep(SECONDS * 1000),
      async () => {
        for await (const piece of spawn('sh', ['-c', `sleep ${SECONDS}; echo x`]).stdout) void piece;
      },
      async () => {
        worker(
          `const port = require('node:worker_threads').workerData; setTimeout(() => port.close(), ${SECONDS * 1000});`,
          port2,
        );
        await once(port1, 'close');
      },
      async () => void (await Atomics.waitAsync?.(shared, 0, 0, SECONDS * 1000).value),
      async () => void (await once(AbortSignal.timeout(SECONDS * 1000), 'abort')),
      async () =>
        void (await import(`data:text/javascript,await new Promise((r) => setTimeout(r, ${SECONDS * 1000}));`)),
      async () => {
        setTimeout(() => void writer.close(), SECONDS * 1000);
        for await (const piece of stream.readable) void piece;
      },
    ].map((wait) => wait());
    void Promise.all(all).then(() => {
      console.log('done');
      clearInterval(beat);
    });
  },
};
await FORMS[form]();
console.log('stands');
