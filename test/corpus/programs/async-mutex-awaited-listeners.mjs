// async-mutex-awaited-listeners [hang] (async-mutex) - the holder awaits its listeners, one of which takes the lock
import { Mutex } from 'async-mutex';
import { setTimeout as sleep } from 'node:timers/promises';
class Hub {
  #on = new Map();
  on(name, fn) {
    const l = this.#on.get(name) ?? [];
    l.push(fn);
    this.#on.set(name, l);
    return this;
  }
  async emit(name, data) {
    await Promise.all((this.#on.get(name) ?? []).map(async (fn) => fn(data)));
  }
}
const hub = new Hub();
class Accounts {
  #lock = new Mutex();
  #balance = 0;
  async deposit(n) {
    const release = await this.#lock.acquire();
    try {
      this.#balance += n;
      await hub.emit('changed', this);
    } finally {
      release();
    }
    return this.#balance;
  }
  async balance() {
    return this.#lock.runExclusive(async () => {
      await sleep(1);
      return this.#balance;
    });
  }
}
const accounts = new Accounts();
const audit = {
  lock: new Mutex(),
  lines: [],
  async add(a) {
    await this.lock.runExclusive(async () => {
      this.lines.push(await a.balance());
    });
  },
  async flush() {
    await this.lock.runExclusive(async () => {
      await sleep(1);
    });
  },
};
hub.on('changed', (a) => audit.add(a));
await accounts.deposit(5);
console.log('done', audit.lines.join());
