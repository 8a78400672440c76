// A mutex of the program's own, as many have it: a chain of promises, and whoever has the lock has what lets the next one go on.
import { setTimeout as sleep } from 'node:timers/promises';

class Mutex {
  #tail = Promise.resolve();

  lock() {
    const previous = this.#tail;
    let release;
    this.#tail = new Promise((resolve) => {
      release = resolve;
    });
    return previous.then(() => release);
  }
}

const stock = new Mutex();
const orders = new Mutex();

async function nested(outer, inner) {
  const releaseOuter = await outer.lock();
  await sleep(2);
  const releaseInner = await inner.lock();
  releaseInner();
  releaseOuter();
}

/** Holds the lock and sleeps for work that does not come; who waits for the lock is no circle. */
async function worker(jobs) {
  const release = await stock.lock();
  await new Promise((resolve) => jobs.push(resolve));
  release();
}

async function main([how]) {
  if (how === 'idle') {
    worker([]);
    stock.lock();
    nested(stock, orders);
  } else {
    await Promise.all([nested(stock, orders), how === 'fixed' ? nested(stock, orders) : nested(orders, stock)]);
  }
  console.log('done');
}
main(process.argv.slice(2));
