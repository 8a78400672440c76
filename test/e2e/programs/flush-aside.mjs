// Pushes its metrics beside its work, on timers that are to keep no program alive: at the end one push is under way, and others
// wait behind it. `stuck`: another lock is never given back.
import { Mutex } from 'async-mutex';

const metrics = new Mutex();
const journal = new Mutex();
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms).unref());

async function push() {
  await metrics.runExclusive(() => pause(60_000));
}

async function note() {
  const release = await journal.acquire();
  await push();
  release();
}

const orders = new Mutex();
async function forget() {
  await orders.acquire();
}
async function order() {
  await orders.acquire();
}

setInterval(() => void push(), 20).unref();
void note();
setTimeout(() => void note(), 30);
if (process.argv[2] === 'stuck') void Promise.all([forget(), order()]);
setTimeout(() => console.log('done'), 100);
