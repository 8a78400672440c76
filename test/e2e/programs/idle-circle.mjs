// A program that nobody asks for anything, with a timer that beats or a server that listens, does nothing: `values` of a cache need each
// other, `locks` of its own are taken in opposite order, or it has `nothing` to do.
import net from 'node:net';
import { setTimeout } from 'node:timers/promises';

class Lock {
  #isTaken = false;
  #waiting = [];
  acquire() {
    return new Promise((resolve) => {
      if (this.#isTaken) this.#waiting.push(resolve);
      else resolve();
      this.#isTaken = true;
    });
  }
  release() {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#isTaken = false;
  }
}

async function both(one, other) {
  await one.acquire();
  await setTimeout(5);
  await other.acquire();
  other.release();
  one.release();
}

const made = {};
const size = () => (made.size ??= readSize());
const limit = () => (made.limit ??= readLimit());
async function readSize() {
  await setTimeout(5);
  return (await limit()) / 2;
}
async function readLimit() {
  return (await size()) * 2;
}

async function work(jobs) {
  for await (const job of jobs) await job();
}

const [, , form] = process.argv;
if (form === 'locks') {
  const [stock, orders] = [new Lock(), new Lock()];
  net.createServer().listen(0);
  both(stock, orders);
  both(orders, stock);
} else {
  setInterval(() => undefined, 100);
  if (form === 'values') size();
  else work(new ReadableStream());
}
process.once('SIGTERM', () => process.exit());
console.log('stands');
