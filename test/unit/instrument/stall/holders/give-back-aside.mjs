// Who has taken it has started what gives it back, or it looks as if he had.
import { createHook } from 'node:async_hooks';
import { EventEmitter, once } from 'node:events';
import { stat } from 'node:fs';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { Mutex } from 'async-mutex';
import { Sema } from 'async-sema';
import AwaitLock from 'await-lock';
import Bottleneck from 'bottleneck';
import DataLoader from 'dataloader';
import { createPool } from 'generic-pool';
import pMemoize from 'p-memoize';
import createSemaphore from 'semaphore';
import { LONG_MS, nothing, service } from './service.mjs';

/** Says nothing, and ends with this process. */
const worker = new Worker('require("node:worker_threads").parentPort.once("message", () => undefined)', { eval: true });

/** As a program keeps its limiter. */
const limit = new Sema(1);

/** What programs keep for good. */
const kept = [];

/** Takes the lock twice, and would tell somebody then. */
async function nestingIn(lock, tell) {
  await lock.acquireAsync();
  await lock.acquireAsync();
  tell();
}

/** @returns what Node made to read this file */
async function readOnce(begun) {
  const requests = [];
  const hook = createHook({
    init: (_id, type, _by, request) => void (type === 'FSREQCALLBACK' && requests.push(request)),
  });
  hook.enable();
  const read = new Promise((resolve) => stat(import.meta.filename, resolve));
  hook.disable();
  begun(requests[0]);
  await read;
  return requests[0];
}

/** A loop takes a permit for each task, and the tasks give them back. */
export function byTask() {
  async function working() {
    await once(service, 'exit');
    limit.release();
  }
  async function feeding() {
    for (let i = 0; i < 2; i++) {
      await limit.acquire();
      working().catch(nothing);
    }
  }
  void feeding();
}

/** The same, where the task is given what gives it back, and who feeds it has it too. */
export function byTaskWithRelease() {
  const mutex = new Mutex();
  async function serving(release) {
    try {
      await once(service, 'exit');
    } finally {
      release();
    }
  }
  async function accepting() {
    for (let i = 0; i < 2; i++) {
      const release = await mutex.acquire();
      if (mutex.isStopped) release();
      serving(release).catch(nothing);
    }
  }
  void accepting();
}

/** The same with a callback, in a function that is over. */
export function byCallbackOfTask() {
  const lock = new AwaitLock();
  function begin() {
    service.once('exit', () => lock.release());
  }
  async function beginning() {
    for (let i = 0; i < 2; i++) {
      await lock.acquireAsync();
      begin();
    }
  }
  void beginning();
}

/** The same with a lock of dept. */
export function byTaskWithGuard(dept) {
  const turn = new dept.Mutex({ name: 'turn' });
  async function posting(guard) {
    await once(service, 'exit');
    guard.release();
  }
  async function sorting() {
    for (let i = 0; i < 2; i++) posting(await turn.lock()).catch(nothing);
  }
  void sorting();
}

/** The same with methods. */
export function byMethodOfTask() {
  class Crawler {
    pool = createPool({ create: async () => ({}), destroy: async () => undefined }, { max: 1 });
    async crawling() {
      for (let i = 0; i < 2; i++) this.#visit(await this.pool.acquire());
    }
    #visit(page) {
      once(service, 'exit').then(() => this.#leave(page), nothing);
    }
    #leave(page) {
      this.pool.release(page).catch(nothing);
    }
  }
  void new Crawler().crawling();
}

/** In a callback of a request that is written in the function; who has it gives it back himself where that fails. */
export function byCallbackWritten() {
  const lock = new AwaitLock();
  async function asking() {
    for (let i = 0; i < 2; i++) {
      await lock.acquireAsync();
      try {
        service.once('exit', () => lock.release());
      } catch {
        lock.release();
      }
    }
  }
  void asking();
}

/** It was given the very function that gives it back. */
export function byFinallyAlone() {
  const mutex = new Mutex();
  const note = async () => (await mutex.acquire())();
  async function visit() {
    const release = await mutex.acquire();
    void once(service, 'exit').finally(release);
  }
  async function visitingAlone() {
    await visit();
    await note();
  }
  void visitingAlone();
}

/** A generator has it, and whoever reads on, or has read enough, lets it give that back. */
export function byGenerator() {
  const mutex = new Mutex();
  const note = async () => (await mutex.acquire())();
  async function* rows() {
    const release = await mutex.acquire();
    try {
      yield 1;
      yield 2;
    } finally {
      release();
    }
  }
  async function readingRows() {
    const reading = rows();
    await reading.next();
    service.once('exit', () => void reading.return());
    await note();
  }
  void readingRows();
}

/** The same, and nobody has that generator any more. */
export function byLostGenerator() {
  const mutex = new Mutex();
  const note = async () => (await mutex.acquire())();
  async function* lines() {
    const release = await mutex.acquire();
    try {
      yield 1;
    } finally {
      release();
    }
  }
  async function readingLines() {
    await lines().next();
    await note();
  }
  void readingLines();
}

/** A stream that is read from a generator gives it back at its end. */
export function byStream() {
  const mutex = new Mutex();
  const note = async () => (await mutex.acquire())();
  async function* parts() {
    await once(service, 'exit');
    yield 'part';
  }
  async function send() {
    const release = await mutex.acquire();
    Readable.from(parts())
      .on('end', () => release())
      .resume();
  }
  async function sending() {
    await send();
    await note();
  }
  void sending();
}

/** A function was handed what gives it back, and calls that by a name of its own. */
export function byFunctionHanded() {
  const mutex = new Mutex();
  const note = async () => (await mutex.acquire())();
  async function after(open) {
    await once(service, 'exit');
    open();
  }
  async function hand() {
    void after(await mutex.acquire());
  }
  async function handing() {
    await hand();
    await note();
  }
  void handing();
}

/** The same, with an object that has a method for it. */
export function byObjectHanded() {
  const mutex = new Mutex();
  const note = async () => (await mutex.acquire())();
  async function afterwards(guard) {
    await once(service, 'exit');
    guard.end();
  }
  async function guard() {
    const release = await mutex.acquire();
    void afterwards({
      end() {
        release();
      },
    });
  }
  async function guarding() {
    await guard();
    await note();
  }
  void guarding();
}

/** The function that is called hands on what gives it back. */
export function byCallbackThatHandsOn() {
  const mutex = new Mutex();
  const note = async () => (await mutex.acquire())();
  const call = (open) => open();
  async function lend() {
    const open = await mutex.acquire();
    service.once('exit', () => call(open));
  }
  async function lending() {
    await lend();
    await note();
  }
  void lending();
}

/** A web stream that a function fills lets the one go on that reads it. */
export function byReader() {
  const mutex = new Mutex();
  const note = async () => (await mutex.acquire())();
  async function read() {
    const release = await mutex.acquire();
    const source = new ReadableStream({
      async start(controller) {
        await once(service, 'exit');
        controller.close();
      },
    });
    void (async () => {
      for await (const part of source) nothing(part);
      release();
    })();
  }
  async function reading() {
    await read();
    await note();
  }
  void reading();
}

/** What gives it back is called as the method of the lock that it calls, and who waits gives back what he waits for. */
export function byCallbackOfThatName() {
  const lock = new Sema(1);
  async function takeFirst() {
    await lock.acquire();
    const release = () => lock.release();
    service.once('exit', () => release());
  }
  async function takingAgain() {
    await takeFirst();
    await lock.acquire();
    lock.release();
  }
  void takingAgain();
}

/** What a chain of promises does at its end. */
export function byFinally() {
  const mutex = new Mutex();
  const visits = [];
  async function visiting() {
    for (let i = 0; i < 2; i++) {
      const release = await mutex.acquire();
      visits.push(
        once(service, 'exit')
          .then(nothing)
          .finally(() => release()),
      );
    }
  }
  void visiting();
}

/** He has started a task as well, but that takes it before it gives it back. */
export function byTaskThatTakes() {
  const lock = new AwaitLock();
  async function noting() {
    await once(service, 'exit');
    await lock.acquireAsync();
    lock.release();
  }
  async function takesTwice() {
    await lock.acquireAsync();
    noting().catch(nothing);
    await lock.acquireAsync();
    lock.release();
  }
  void takesTwice();
}

/** The same, but it gives back another one. */
export function byTaskWithAnother() {
  const lock = new AwaitLock();
  const other = new AwaitLock();
  async function freeing() {
    await once(service, 'exit');
    other.release();
  }
  async function takesAgain() {
    await lock.acquireAsync();
    freeing().catch(nothing);
    await lock.acquireAsync();
    lock.release();
  }
  void takesAgain();
}

/** A task that was started before gives it back when it is over, but he gives it back himself. */
export function byItselfBesideATask() {
  const lock = new AwaitLock();
  async function closing() {
    await once(service, 'exit');
    lock.release();
  }
  async function nesting() {
    await lock.acquireAsync();
    await lock.acquireAsync();
    lock.release();
  }
  closing().catch(nothing);
  void nesting();
}

/** A timer that was set before fills up what all take from, again and again. */
export function byTimerOfABucket() {
  const tokens = new Sema(2);
  setInterval(() => tokens.release(), LONG_MS);
  async function calling() {
    for (let i = 0; i < 3; i++) await tokens.acquire();
  }
  void calling();
}

/** A timer that repeats only looks at it, and stands in a list with another one that runs once. */
export function byItselfBesideATimerThatLooks() {
  const lock = new AwaitLock();
  const seen = [];
  const closing = () => lock.release();
  setInterval(() => seen.push(closing.name), LONG_MS);
  setTimeout(nothing, LONG_MS);
  void nestingIn(lock, closing);
}

/** A class of the program is called as what Node has for a request, and has what gives it back. */
export function byItselfInAJob() {
  const lock = new AwaitLock();
  class ImportJob {
    finish = () => lock.release();
  }
  const job = new ImportJob();
  kept.push(job);
  void nestingIn(lock, job.finish);
}

/** What read a file has what gives it back, and is done with it. */
export async function byItselfAfterAFile() {
  const lock = new AwaitLock();
  const request = await readOnce((request) => {
    request.finish = () => lock.release();
  });
  kept.push(request);
  void nestingIn(lock, request.finish);
}

/** The library gives it back itself when the task is done, which never is. */
export function byLibrary() {
  const mutex = new Mutex();
  async function closing() {
    await sleep(LONG_MS);
    mutex.release();
  }
  async function excluding() {
    await mutex.runExclusive(async () => {
      closing().catch(nothing);
      await mutex.runExclusive(nothing);
    });
  }
  void excluding();
}

/** The library gives it back itself when the task is done, which waits for a process, and has started another one. */
export function byLibraryLater() {
  const mutex = new Mutex();
  async function flushing() {
    await mutex.runExclusive(async () => {
      mutex.runExclusive(nothing).catch(nothing);
      await once(service, 'exit');
    });
  }
  void flushing();
}

/** The same, and the task waits for a query, which is a promise of a class of its own that a process answers. */
export function byLibraryAfterAQuery() {
  const mutex = new Mutex();
  class Query extends Promise {
    static get [Symbol.species]() {
      return Promise;
    }
    constructor() {
      let answer = nothing;
      super((resolve) => {
        answer = resolve;
      });
      this.answer = answer;
    }
  }
  /** @returns {Promise<unknown>} */
  function ask() {
    const query = new Query();
    service.once('exit', () => query.answer());
    return query;
  }
  async function querying() {
    await mutex.runExclusive(async () => {
      mutex.runExclusive(nothing).catch(nothing);
      await ask();
    });
  }
  void querying();
}

/** The library has all its tasks, and a process calls somebody who uses it. */
export async function byLibraryThatAnotherUses() {
  const limiter = new Bottleneck({ maxConcurrent: 1 });
  service.once('exit', () => limiter.counts());
  const begun = new EventEmitter();
  async function nesting() {
    await limiter.schedule(async () => {
      begun.emit('begun');
      await limiter.schedule(async () => undefined);
    });
  }
  void nesting();
  await once(begun, 'begun');
}

/** What was given to give it back has a name of the program's own, and a request calls it back. */
export function byDone() {
  const lock = createSemaphore(1);
  lock.take((done) => {
    const next = () => service.once('exit', () => done());
    lock.take((doneAgain) => doneAgain());
    next();
  });
}

/** A worker says when it is to be given back. */
export function byWorker() {
  const lock = new AwaitLock();
  worker.setMaxListeners(0);
  async function rendering() {
    for (let i = 0; i < 2; i++) {
      await lock.acquireAsync();
      worker.once('message', () => lock.release());
    }
  }
  void rendering();
}

/** Who makes a value has started somebody who awaits it, and waits for a process himself. */
export function byMaker() {
  const load = pMemoize(async () => {
    renewing().catch(nothing);
    await once(service, 'exit');
  });
  async function renewing() {
    await load();
  }
  void load().catch(nothing);
}

/** A loader makes several values at once, and has started somebody who awaits another one. */
export function byLoader() {
  const tiles = new DataLoader(
    async (ids) => {
      if (ids.includes(1)) neighbours().catch(nothing);
      await once(service, 'exit');
      return ids;
    },
    { batch: false },
  );
  async function neighbours() {
    await tiles.load(2);
  }
  void tiles.load(1).catch(nothing);
}

/** The same, but it awaits the value that it makes. */
export function byLoaderItself() {
  const tiles = new DataLoader(async (ids) => {
    await again();
    return ids;
  });
  async function again() {
    await tiles.load(1);
  }
  void tiles.load(1).catch(nothing);
}

/** The same, but he awaits him. */
export function byMakerHimself() {
  const load = pMemoize(async () => {
    await renewing();
  });
  async function renewing() {
    await load();
  }
  void load().catch(nothing);
}
