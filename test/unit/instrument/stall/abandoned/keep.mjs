// Programs in which somebody has, or may have, what gives back what another one waits for.
import { AsyncLocalStorage } from 'node:async_hooks';
import { EventEmitter, once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Mutex } from 'async-mutex';
import { LONG_MS, nothing, service } from '../holders/service.mjs';
import { onlyOne, poolOf, turns, wait } from './pools.mjs';

/** As modules keep what they know. */
const kept = [];
const bus = new EventEmitter();
const storage = new AsyncLocalStorage();
const notes = new WeakMap();

export async function byWhoWaits() {
  const pool = onlyOne();
  async function work() {
    const connection = await pool.acquire();
    await once(service, 'exit');
    await pool.release(connection);
  }
  void work();
  wait(pool);
}

export async function byHisCaller() {
  const pool = onlyOne();
  async function using(task) {
    const connection = await pool.acquire();
    await task();
    await pool.release(connection);
  }
  void using(() => once(service, 'exit'));
  wait(pool);
}

export async function byAList() {
  const pool = onlyOne();
  kept.push(await pool.acquire());
  wait(pool);
}

export async function byAnObject() {
  const pool = onlyOne();
  class Session {
    #connection = null;
    async open() {
      this.#connection = await pool.acquire();
      return this;
    }
    close() {
      return pool.release(this.#connection);
    }
  }
  kept.push(await new Session().open());
  wait(pool);
}

export async function byAListener() {
  const pool = onlyOne();
  const take = async () => {
    const connection = await pool.acquire();
    service.once('exit', () => pool.release(connection));
  };
  await take();
  wait(pool);
}

export async function byABoundFunction() {
  const pool = onlyOne();
  const take = async () => bus.once('over', pool.release.bind(pool, await pool.acquire()));
  await take();
  wait(pool);
}

export async function byATimer() {
  const pool = onlyOne();
  const take = async () => void setTimeout(giveBack, LONG_MS, pool, await pool.acquire());
  await take();
  wait(pool);
}

function giveBack(pool, connection) {
  return pool.release(connection);
}

export async function byAPromise() {
  const pool = onlyOne();
  const take = async () => {
    const connection = await pool.acquire();
    sleep(LONG_MS, connection).then(pool.release.bind(pool), nothing);
  };
  await take();
  wait(pool);
}

export async function byAGenerator() {
  const pool = onlyOne();
  async function* rows() {
    const connection = await pool.acquire();
    try {
      yield 1;
      yield 2;
    } finally {
      await pool.release(connection);
    }
  }
  const reading = rows();
  await reading.next();
  kept.push(reading);
  wait(pool);
}

export async function byAKey() {
  const pool = onlyOne();
  const job = {};
  notes.set(job, await pool.acquire());
  kept.push(job);
  wait(pool);
}

export async function byAWrapper() {
  const pool = onlyOne();
  const connection = await pool.acquire();
  const wrapper = { connection };
  notes.set(connection, wrapper);
  kept.push(wrapper);
  wait(pool);
}

export async function byAStorage() {
  const pool = onlyOne();
  const open = async () => {
    storage.getStore().connection = await pool.acquire();
  };
  const close = () => pool.release(storage.getStore().connection);
  const run = async () => {
    await open();
    await once(service, 'exit');
    await close();
  };
  void storage.run({}, run);
  await turns();
  wait(pool);
}

/** It has something to answer. */
export async function byItself() {
  const pool = onlyOne();
  const take = async () => {
    const connection = await pool.acquire();
    connection.ask(() => kept.pop());
  };
  await take();
  wait(pool);
}

/** What it lends is known to the program from when it was made. */
export async function byItsMaker() {
  const pool = onlyOne();
  kept.push(pool);
  const take = async () => void (await pool.acquire());
  await take();
  service.once('exit', () => {
    for (const { obj } of pool._allObjects) pool.release(obj);
  });
  wait(pool);
}

/** The lock itself is asked to give it back. */
export async function byMethodOfTheLock() {
  const mutex = new Mutex();
  async function work() {
    await mutex.acquire();
    await once(service, 'exit');
    mutex.release();
  }
  void work();
  void work();
}

/** One of the two comes back. */
export async function oneOfTwo() {
  const pool = poolOf(2);
  const take = async () => void (await pool.acquire());
  async function work() {
    const connection = await pool.acquire();
    await once(service, 'exit');
    await pool.release(connection);
  }
  await take();
  void work();
  await turns();
  wait(pool);
}
