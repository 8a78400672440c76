// Programs that look like deadlocks to the tracker: somebody waits in the name of who holds what he waits for. They differ in who
// will give it back. Each stands when it has returned and a few turns are over.
import { EventEmitter, once } from 'node:events';
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { Mutex, withTimeout } from 'async-mutex';
import AwaitLock from 'await-lock';
import { Semaphore as AwaitSemaphore } from 'await-semaphore';
import { createPool } from 'generic-pool';
import pLimit from 'p-limit';
import pMemoize from 'p-memoize';
import semaphore from 'semaphore';
import { LONG_MS, nothing, service } from './service.mjs';

/** As a module keeps its limiter: of one that nobody can reach any more nothing is left in the heap. */
const limits = [];

/** The stack of a value that is owed is that of who asked first, and now waits for a timer. */
export function ofAValue() {
  const mutex = new Mutex();
  const load = pMemoize(async (id) => {
    const release = await mutex.acquire();
    release();
    return id;
  });
  async function prefetch() {
    load('a').catch(nothing);
    await sleep(LONG_MS);
  }
  async function user() {
    const release = await mutex.acquire();
    prefetch().catch(nothing);
    await load('a');
    release();
  }
  void user();
}

/** It was taken in a function that is over, and whoever has it waits for the note: but a process gives it back, not he. */
export function byItself() {
  const mutex = new Mutex();
  const note = async () => (await mutex.acquire())();
  const take = () => mutex.acquire();
  async function awaiting() {
    const release = await take();
    service.once('exit', () => release());
    await note();
  }
  void awaiting();
}

/** The same, but it was left to the process to give it back. */
export function byProcessAlone() {
  const mutex = new Mutex();
  const note = async () => (await mutex.acquire())();
  async function start() {
    const release = await mutex.acquire();
    service.once('exit', () => release());
  }
  async function starting() {
    await start();
    await note();
  }
  void starting();
}

/** The same, from a list of all that is to be given back. */
export function byProcessAloneFromAList() {
  const mutex = new Mutex();
  const note = async () => (await mutex.acquire())();
  async function start() {
    const ends = [await mutex.acquire()];
    service.once('exit', () => ends.pop()());
  }
  async function startingToo() {
    await start();
    await note();
  }
  void startingToo();
}

/** Taken in a callback; a timer gives it back in another one. */
export function byTimer() {
  const mutex = new Mutex();
  const note = async () => (await mutex.acquire())();
  void mutex.acquire().then((release) => {
    void note();
    setTimeout(() => release(), LONG_MS);
  });
}

/** The function that has taken it is over, and runs again, to take it once more when a timer has given it back. */
export function byTimerOfALease() {
  const mutex = new Mutex();
  async function lease() {
    const release = await mutex.acquire();
    setTimeout(release, LONG_MS);
  }
  void lease().then(lease);
}

/** The same with a lock that is given back itself. */
export function byTimerWithTheLock() {
  const lock = new AwaitLock();
  async function leaseOfLock() {
    await lock.acquireAsync();
    setTimeout(() => lock.release(), LONG_MS);
  }
  void leaseOfLock().then(leaseOfLock);
}

/** The same, but the timer only looks. */
export function byTimerThatLooks() {
  const mutex = new Mutex();
  const seen = [];
  async function watch() {
    await mutex.acquire();
    setTimeout(() => seen.push('late'), LONG_MS);
  }
  void watch().then(watch);
}

/** Taken in a callback; a timer that repeats gives it back when it is time. */
export function byTimerThatRepeats() {
  const lock = semaphore(1);
  let left = LONG_MS;
  lock.take(() => {
    lock.take(() => lock.leave());
    const timer = setInterval(() => {
      if (--left > 0) return;
      clearInterval(timer);
      lock.leave();
    }, LONG_MS);
  });
}

/** The same, but it only looks. */
export function byTimerThatLooksAgain() {
  const lock = semaphore(1);
  const seen = [];
  lock.take(() => {
    lock.take(() => lock.leave());
    setInterval(() => seen.push('late'), LONG_MS);
  });
}

/** Taken in a callback; a timer tells somebody, who may give it back. */
export function byTimerThatTells() {
  const mutex = new Mutex();
  const note = async () => (await mutex.acquire())();
  void mutex.acquire().then(() => {
    void note();
    setTimeout(() => service.emit('late'), LONG_MS);
  });
}

/** A timer was set as well, but by a package: it will only end the wait. */
export function byTimerOfAPackage() {
  const mutex = withTimeout(new Mutex(), LONG_MS);
  const note = async () => (await mutex.acquire())();
  void mutex.acquire().then(note);
}

/** A signal: who takes it never gives it back, and another function does. */
export function bySleeper() {
  const ready = new Mutex();
  async function consuming() {
    for (let i = 0; i < 3; i++) await ready.acquire();
  }
  async function producing() {
    await sleep(LONG_MS);
    ready.release();
  }
  void consuming();
  void producing();
}

/** The same with a lock that gives nothing to whoever takes it. */
export function bySleeperWithTheLock() {
  const gate = new AwaitLock();
  async function entering() {
    await gate.acquireAsync();
    await gate.acquireAsync();
  }
  async function opening() {
    await sleep(LONG_MS);
    gate.release();
  }
  void entering();
  void opening();
}

/** The same, and a timer gives it back that was set before. */
export function byEarlierTimer() {
  const gate = new AwaitLock();
  async function entering() {
    await gate.acquireAsync();
    await gate.acquireAsync();
  }
  setTimeout(() => gate.release(), LONG_MS);
  void entering();
}

/** The same, but who has taken it gives it back himself. */
export function byItselfBesideASleeper() {
  const gate = new AwaitLock();
  async function passing() {
    await gate.acquireAsync();
    await gate.acquireAsync();
    gate.release();
  }
  async function closing() {
    await sleep(LONG_MS);
    gate.release();
  }
  void passing();
  void closing();
}

/** The same, but it is given back by who has called him. */
export function byCallerBesideASleeper() {
  const gate = new AwaitLock();
  async function entering() {
    await gate.acquireAsync();
    await gate.acquireAsync();
  }
  async function calling() {
    await entering();
    gate.release();
  }
  async function closing() {
    await sleep(LONG_MS);
    gate.release();
  }
  void calling();
  void closing();
}

/** The same, but what sleeps only looks. */
export function bySleeperThatLooks() {
  const ready = new Mutex();
  async function consuming() {
    await ready.acquire();
    await ready.acquire();
  }
  async function looking() {
    await sleep(LONG_MS);
    return ready.isLocked();
  }
  void consuming();
  void looking();
}

/** The same, but what sleeps gives back another one. */
export function bySleeperWithAnother() {
  const ready = new Mutex();
  const other = new Mutex();
  async function consuming() {
    await ready.acquire();
    await ready.acquire();
  }
  async function producing() {
    await sleep(LONG_MS);
    other.release();
  }
  void consuming();
  void producing();
}

/** Taken in a callback; a process gives it back in another one. */
export function byProcess() {
  const mutex = new Mutex();
  const note = async () => (await mutex.acquire())();
  void mutex.acquire().then((release) => {
    void note();
    service.once('exit', () => release());
  });
}

/** The same, from a list of all that is to be given back. */
export function byProcessFromAList() {
  const mutex = new Mutex();
  const note = async () => (await mutex.acquire())();
  void mutex.acquire().then((release) => {
    void note();
    const ends = [release];
    service.once('exit', () => ends.pop()());
  });
}

/** The same, with what was lent. */
export function byProcessWithTheConnection() {
  const pool = createPool({ create: async () => ({ quit: nothing }), destroy: async () => undefined }, { max: 1 });
  const note = async () => pool.release(await pool.acquire());
  void pool.acquire().then((connection) => {
    void note();
    service.once('exit', () => connection.quit());
  });
}

/** Whoever takes it again has left what gives it back to a process. */
export function byHandingOn() {
  const mutex = new Mutex();
  const ends = [];
  async function handingOn() {
    ends.push(await mutex.acquire());
    service.once('exit', () => ends.pop()());
    (await mutex.acquire())();
  }
  void handingOn();
}

/** The same, and nobody else comes to what gives it back. */
export function byFieldAlone() {
  class Gate {
    #mutex = new Mutex();
    #release = nothing;
    async enter() {
      this.#release = await this.#mutex.acquire();
    }
    leave() {
      this.#release();
    }
  }
  async function enteringTwice() {
    const gate = new Gate();
    await gate.enter();
    await gate.enter();
    gate.leave();
  }
  void enteringTwice();
}

/** The same where a server leads to it: whatever asks that next may come to all that the program knows. */
export async function byServerThatMayCome() {
  const mutex = new Mutex();
  const known = new Map();
  const server = createServer((_, response) => response.end(String(known.size)));
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  server.unref();
  async function servingTwice() {
    known.set('first', await mutex.acquire());
    (await mutex.acquire())();
    known.get('first')();
  }
  void servingTwice();
}

/** The next request would do the same: it takes before it gives back, in methods that are called otherwise. */
export async function byMethodThatTakesFirst() {
  class Session {
    #mutex = new Mutex();
    #open = nothing;
    async begin() {
      this.#open = await this.#mutex.acquire();
    }
    finish() {
      this.#open();
    }
    async doTwice() {
      await this.begin();
      await this.begin();
      this.finish();
    }
  }
  const session = new Session();
  const server = createServer(() => void session.doTwice());
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  server.unref();
  void session.doTwice();
}

/** It has taken another lock before it sets its timer. */
export function byTimerAfterAnotherLock() {
  const mutex = new Mutex();
  const other = new Mutex();
  const note = async () => (await mutex.acquire())();
  void mutex.acquire().then(async (release) => {
    void note();
    const releaseOther = await other.acquire();
    releaseOther();
    setTimeout(() => release(), LONG_MS);
  });
}

/** The same, and what it has done comes together with what it has done beside it. */
export function byTimerAfterBoth() {
  const mutex = new Mutex();
  const other = new Mutex();
  const note = async () => (await mutex.acquire())();
  const use = async (lock) => (await lock.acquire())();
  void mutex.acquire().then((release) => {
    void note();
    void Promise.all([use(other), use(new Mutex())]).then(() => setTimeout(() => release(), LONG_MS));
  });
}

/** Taken from a pool in a function that is over; a process gives it back. */
export function byProcessToPool() {
  const pool = createPool({ create: async () => ({}), destroy: async () => undefined }, { max: 1 });
  const take = () => pool.acquire();
  const query = async () => pool.release(await pool.acquire());
  async function borrowing() {
    const connection = await take();
    service.once('exit', () => void pool.release(connection));
    query().catch(nothing);
  }
  void borrowing();
}

/** Taken by a task that is given the way to give it back, and lets a process call that. */
export function byProcessWithLeave() {
  const lock = semaphore(1);
  lock.take((leave) => {
    lock.take((leaveAgain) => leaveAgain());
    service.once('exit', () => leave());
  });
}

/** A process leads to the lock, and that to who waits for it, who alone would give it back. */
export function byWhoWaits() {
  const lock = semaphore(1);
  lock.take((leave) => {
    lock.take(() => leave());
    service.once('exit', () => lock.available());
  });
}

/** A task awaits, through a function that is over, another one that it has given to the same queue. */
export function byTaskItself() {
  const limit = pLimit(1);
  limits.push(limit);
  const give = () => limit(nothing);
  async function queueing() {
    await limit(async function task() {
      await give();
    });
  }
  void queueing();
}

/** Given as a function of a package, which dept knows by a ticket. */
export function byTicket() {
  const lock = new AwaitSemaphore(1);
  const note = async () => (await lock.acquire())();
  void lock.acquire().then(note);
}

/** Taken in a callback, and nothing is left that would give it back. */
export function byNobody() {
  const mutex = new Mutex();
  const note = async () => (await mutex.acquire())();
  void mutex.acquire().then(note);
}

/** The holder waits for a process that it has asked before. */
export function forEarlierAnswer() {
  const mutex = new Mutex();
  const note = async () => (await mutex.acquire())();
  const ended = once(service, 'exit');
  async function late() {
    const release = await mutex.acquire();
    note().catch(nothing);
    await ended;
    release();
  }
  void late();
}

/** The same for what only the program itself would say: the one who asked for it may have left it to a queue. */
export function forEarlierNews() {
  const mutex = new Mutex();
  const note = async () => (await mutex.acquire())();
  const said = once(new EventEmitter(), 'said');
  async function late() {
    const release = await mutex.acquire();
    note().catch(nothing);
    await said;
    release();
  }
  void late();
}

/** The holder sleeps, with a note that somebody goes on with who could reach anything. */
export function forTimer() {
  const mutex = new Mutex();
  const note = async () => (await mutex.acquire())();
  async function sleeping() {
    const release = await mutex.acquire();
    const noted = note();
    await sleep(LONG_MS);
    release();
    await noted;
  }
  void sleeping();
}
