// The main thread awaits an answer of its worker; what the worker does meanwhile is given by name.
import { execSync } from 'node:child_process';
import { subscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';

const LONG_MS = 5_000;

async function askPrice(how, memory) {
  const worker = new Worker(fileURLToPath(import.meta.url), { workerData: { how, memory } });
  const answer = new Promise((resolve) => worker.once('message', (price) => resolve(price)));
  if (how === 'later') setTimeout(() => worker.postMessage('apple'), LONG_MS);
  else if (how !== 'message') worker.postMessage('apple');
  return answer;
}

const answers = {
  // The name of what it is asked for never comes.
  message: () => nextName(),
  async lock() {
    // A worker that others may still ask: a pending lock keeps none alive.
    parentPort.on('message', () => undefined);
    await navigator.locks.request('prices', () => undefined);
  },
  later: () => once(parentPort, 'message'),
  memory: (memory) => Atomics.wait(memory, 0, 0),
  // Listens for a word that it shall stop, and works.
  async works() {
    await once(parentPort, 'message');
    const stop = once(parentPort, 'message').then(() => 'stopped');
    execSync(`"${process.execPath}" -e "setTimeout(() => {}, ${LONG_MS})"`);
    await Promise.race([stop, sleep(LONG_MS)]);
  },
};

function nextName() {
  return new Promise((resolve) => parentPort.once('message', resolve));
}

async function answer({ how, memory }) {
  await answers[how](memory);
  parentPort.postMessage(42);
  parentPort.close();
}

/** The answer needs the lock under which it is awaited. */
function askUnderLock(how) {
  return how === 'lock' ? navigator.locks.request('prices', () => askPrice(how)) : askPrice(how, memory);
}

const memory = new Int32Array(new SharedArrayBuffer(4));

if (isMainThread) {
  subscribe('dept:finding', ({ report: { code, message } }) => {
    console.log(code, message);
    setImmediate(() => process.exit(0));
  });
  const [, , ...all] = process.argv;
  console.log('prices', ...(await Promise.all(all.map(askUnderLock))));
} else {
  await answer(workerData);
}
