// The same: a holder has started who waits, and does not await him. They differ in what the holder waits for himself.
import { EventEmitter, once } from 'node:events';
import { Mutex } from 'async-mutex';
import { nothing, service } from './service.mjs';

/** What the holder waits for comes from a process; the note has no part in it. */
export function besideFunction() {
  const mutex = new Mutex();
  const note = async () => (await mutex.acquire())();
  async function starting() {
    const release = await mutex.acquire();
    note().catch(nothing);
    await once(service, 'exit');
    release();
  }
  void starting();
}

/** Both have asked in the same function; that of the holder is over. */
export function besideCallOfTheSame() {
  const mutex = new Mutex();
  async function lock() {
    const release = await mutex.acquire();
    return release;
  }
  const note = async () => (await lock())();
  async function starting() {
    const release = await lock();
    note().catch(nothing);
    await once(service, 'exit');
    release();
  }
  void starting();
}

/** The same, and the holder waits for it. */
export function forCallOfTheSame() {
  const mutex = new Mutex();
  async function lockIt() {
    const release = await mutex.acquire();
    return release;
  }
  async function locksTwice() {
    const release = await lockIt();
    (await lockIt())();
    release();
  }
  void locksTwice();
}

/** The note has a part in the process as well, but what that sends comes from outside. */
export function besideFunctionOfService() {
  const mutex = new Mutex();
  const desk = { clerk: service };
  const note = async () => {
    const release = await mutex.acquire();
    desk.clerk.unref();
    release();
  };
  async function asking() {
    const release = await mutex.acquire();
    note().catch(nothing);
    await once(service, 'exit');
    release();
  }
  void asking();
}

/** The holder himself has asked for his next turn, and awaits it later. */
export function asksAhead() {
  const mutex = new Mutex();
  async function turns() {
    const release = await mutex.acquire();
    const next = mutex.acquire();
    await once(service, 'exit');
    release();
    (await next)();
  }
  void turns();
}

/** The same, and what comes then is known. */
export function asksAheadForATask() {
  const mutex = new Mutex();
  const written = [];
  async function writes() {
    const turns = [];
    await mutex.runExclusive(async () => {
      turns.push(mutex.runExclusive(() => written.push('next')));
      await once(service, 'exit');
    });
    await Promise.all(turns);
  }
  void writes();
}

/** He awaits it through a promise of his own. */
export function asksAndWaits() {
  const mutex = new Mutex();
  async function waits() {
    const release = await mutex.acquire();
    await new Promise((begin) => {
      void mutex.acquire().then((end) => begin(end));
    });
    release();
  }
  void waits();
}

/** News of the note are what the holder waits for. */
export function forNewsOfFunction() {
  const mutex = new Mutex();
  const note = async () => (await mutex.acquire())();
  const waiting = [];
  async function told() {
    const release = await mutex.acquire();
    note().then(() => waiting.pop()(), nothing);
    await new Promise((resolve) => waiting.push(resolve));
    release();
  }
  void told();
}

/** The note itself tells them. */
export function forNewsByFunction() {
  const mutex = new Mutex();
  const news = new EventEmitter();
  async function note() {
    const release = await mutex.acquire();
    news.emit('noted');
    release();
  }
  async function telling() {
    const release = await mutex.acquire();
    note().catch(nothing);
    await once(news, 'noted');
    release();
  }
  void telling();
}

/** Who goes on with the note has promises of the time when the lock was held: what dept notes on these is not his. */
export function besideFunctionWithPromises() {
  const mutex = new Mutex();
  const note = async () => (await mutex.acquire())();
  async function keeping() {
    const release = await mutex.acquire();
    const kept = Promise.resolve(1);
    const derived = kept.then(nothing);
    const asked = mutex.waitForUnlock();
    const later = asked.then(nothing);
    note().then(() => [kept, derived, asked, later], nothing);
    await once(service, 'exit');
    release();
  }
  void keeping();
}

/** Who goes on with the note could get hold of more than is looked at. */
export function besideFunctionThatMany() {
  const mutex = new Mutex();
  const note = async () => (await mutex.acquire())();
  const many = Array.from({ length: 5_000 }, (_, index) => ({ index }));
  async function tellingMany() {
    const release = await mutex.acquire();
    note().then(() => many.length, nothing);
    await once(service, 'exit');
    release();
  }
  void tellingMany();
}

/** Who goes on with the note does so through promises of another kind, which the heap does not tell from what else is kept. */
export function besideFunctionOfAnotherKind() {
  class Task extends Promise {}
  const mutex = new Mutex();
  const note = async () => (await mutex.acquire())();
  async function deriving() {
    const release = await mutex.acquire();
    const noted = note();
    noted.constructor = Task;
    noted.then(nothing, nothing);
    await once(service, 'exit');
    release();
  }
  void deriving();
}

/** No function of the program waits: one that is over has given another one to the lock. */
export function besideTask() {
  const mutex = new Mutex();
  const ask = () => mutex.runExclusive(nothing).catch(nothing);
  async function giving() {
    const release = await mutex.acquire();
    void ask();
    await once(service, 'exit');
    release();
  }
  void giving();
}

/** Behind the task stands another one, which could get hold of more than is looked at. */
export function besideTaskBeforeMany() {
  const mutex = new Mutex();
  const many = Array.from({ length: 5_000 }, (_, index) => ({ index }));
  const ask = () => mutex.runExclusive(nothing).catch(nothing);
  async function givingBefore() {
    const release = await mutex.acquire();
    void ask();
    await once(service, 'exit');
    release();
  }
  void givingBefore();
  void mutex.runExclusive(() => many.length);
}

/** The same with a lock that was taken in another function. */
export function besideTaskOfAnother() {
  const mutex = new Mutex();
  const ask = () => mutex.runExclusive(nothing).catch(nothing);
  const take = () => mutex.acquire();
  async function givingAnother() {
    const release = await take();
    void ask();
    await once(service, 'exit');
    release();
  }
  void givingAnother();
}

/** Its news are what the holder waits for. */
export function forNewsOfTask() {
  const mutex = new Mutex();
  const news = new EventEmitter();
  const ask = () => mutex.runExclusive(() => news.emit('noted')).catch(nothing);
  async function toldOfTask() {
    const release = await mutex.acquire();
    void ask();
    await once(news, 'noted');
    release();
  }
  void toldOfTask();
}
