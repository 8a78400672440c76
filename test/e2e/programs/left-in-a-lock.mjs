// A lock of the program's own that is not reentrant, as libraries have it too: a list of waiters. A deposit takes it again while the
// transfer has it, so nothing is left to run. With "idle" nobody waits in it but who has been given up.
import { setTimeout as sleep } from 'node:timers/promises';

class Mutex {
  #isLocked = false;
  #waiting = [];

  async lock() {
    if (this.#isLocked) await new Promise((resolve) => this.#waiting.push(resolve));
    this.#isLocked = true;
    return () => this.#unlock();
  }

  #unlock() {
    this.#isLocked = false;
    this.#waiting.shift()?.();
  }
}

class Jobs {
  #waiting = [];
  next() {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}

const accounts = new Mutex();

async function deposit() {
  const unlock = await accounts.lock();
  unlock();
}

// No function of its own stands between, so nobody knows who holds the lock.
function transfer() {
  return accounts.lock().then((unlock) => deposit().then(unlock));
}

async function tryTransfer() {
  await accounts.lock();
  return Promise.race([deposit().then(() => 'moved'), sleep(5, 'given up')]);
}

async function worker(jobs) {
  for (;;) await jobs.next();
}

worker(new Jobs());
const ended = process.argv[2] === 'idle' ? tryTransfer() : transfer();
ended.then(console.log, console.error);
