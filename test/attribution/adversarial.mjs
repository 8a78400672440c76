// More programs whose true dependencies are known, made to break attributions. The shape is that of programs.mjs.
import { AsyncLocalStorage } from 'node:async_hooks';
import { EventEmitter, on } from 'node:events';
import { readFile } from 'node:fs';
import { PassThrough, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay, setImmediate as immediate, setInterval as ticks } from 'node:timers/promises';
import { promisify } from 'node:util';
import { MessageChannel } from 'node:worker_threads';

const sleep = (ms) => new Promise((r) => setTimeout(r, ms));
export const adversarial = [];
function P(name, expect, run, optional = []) {
  adversarial.push({ name, expect, optional, run });
}
const touch = async (mutex) => {
  const release = await mutex.acquire();
  release();
};

P('an async function returns a promise after a wait of its own', ['A->B', 'A->C'], async ({ A, B, C }) => {
  async function f() {
    await touch(B);
    return touch(C);
  }
  const a = await A.acquire();
  await f();
  a();
});
P('then returns a promise', ['A->B', 'A->C'], async ({ A, B, C }) => {
  const a = await A.acquire();
  await touch(B).then(() => touch(C));
  a();
});
P('Promise.any joins the winner', ['A->B'], async ({ A, B, C }) => {
  const a = await A.acquire();
  const slow = (async () => {
    await sleep(8);
    await touch(C);
  })();
  await Promise.any([touch(B), Promise.reject(new Error('x')), slow]);
  a();
  await slow;
});
P('Promise.allSettled joins a failure', ['A->B', 'A->C'], async ({ A, B, C }) => {
  const a = await A.acquire();
  const fails = async () => {
    await touch(B);
    throw new Error('x');
  };
  await Promise.allSettled([fails(), touch(C)]);
  a();
});
P('Promise.all of an iterable that is no array', ['A->B', 'A->C'], async ({ A, B, C }) => {
  const a = await A.acquire();
  await Promise.all(new Set([touch(B), touch(C)]));
  a();
});
P('Promise.all within Promise.all', ['A->B', 'A->C', 'A->D'], async ({ A, B, C, D }) => {
  const a = await A.acquire();
  await Promise.all([Promise.all([touch(B), touch(C)]), touch(D)]);
  a();
});
P('children begun before the hold and joined under it', ['A->B', 'A->C'], async ({ A, B, C }) => {
  const child = async (mutex) => {
    await sleep(3);
    await touch(mutex);
  };
  const children = [child(B), child(C)];
  const a = await A.acquire();
  await Promise.all(children);
  a();
});
P('a child that had ended before the hold', [], async ({ A, B }) => {
  const child = touch(B);
  await sleep(3);
  const a = await A.acquire();
  await child;
  a();
});
P('a thenable that is no promise', ['A->B'], async ({ A, B }) => {
  const thenable = {
    // biome-ignore lint/suspicious/noThenProperty: a thenable is what this is about
    then(resolve, reject) {
      void touch(B).then(resolve, reject);
    },
  };
  const a = await A.acquire();
  await thenable;
  a();
});
P('a subclass of Promise', ['A->B', 'A->C'], async ({ A, B, C }) => {
  class Task extends Promise {}
  const a = await A.acquire();
  await new Task((resolve, reject) => touch(B).then(resolve, reject));
  await new Task((resolve) => resolve()).then(() => touch(C));
  a();
});
P('Promise.withResolvers, resolved by somebody else', ['A->B'], async ({ A, B }) => {
  let resolve;
  const promise = new Promise((done) => {
    resolve = done;
  });
  const other = (async () => {
    await sleep(2);
    await touch(B);
    resolve();
  })();
  const a = await A.acquire();
  await promise;
  a();
  await other;
});
P('rejected by somebody else', ['A->B'], async ({ A, B }) => {
  let reject;
  const promise = new Promise((_, fail) => {
    reject = fail;
  });
  const other = (async () => {
    await sleep(2);
    await touch(B);
    reject(new Error('x'));
  })();
  const a = await A.acquire();
  await promise.catch(() => {});
  a();
  await other;
});
P('queueMicrotask, nextTick, setImmediate in a row', ['A->B'], async ({ A, B }) => {
  const a = await A.acquire();
  await touch(B);
  await new Promise((done) => {
    queueMicrotask(() => process.nextTick(() => setImmediate(() => done(a()))));
  });
});
P('timers/promises under a hold', ['A->B'], async ({ A, B }) => {
  const a = await A.acquire();
  await immediate();
  await touch(B);
  a();
});
P('a release from an interval', ['A->B'], async ({ A, B }) => {
  const a = await A.acquire();
  await touch(B);
  await new Promise((done) => {
    const timer = setInterval(() => {
      clearInterval(timer);
      a();
      done();
    }, 2);
  });
});
P('two ticks of an interval are siblings', [], async ({ A, B }) => {
  let count = 0;
  await new Promise((done) => {
    const timer = setInterval(async () => {
      if (++count === 1) {
        const a = await A.acquire();
        await sleep(5);
        a();
        return;
      }
      clearInterval(timer);
      await touch(B);
      await sleep(6);
      done();
    }, 2);
  });
});
P('a callback of fs', ['A->B'], async ({ A, B }) => {
  const a = await A.acquire();
  await touch(B);
  await new Promise((done) => {
    readFile(import.meta.filename ?? '/dev/null', () => done(a()));
  });
});
P('util.promisify', ['A->B'], async ({ A, B }) => {
  const later = promisify((callback) => touch(B).then(() => callback(null), callback));
  const a = await A.acquire();
  await later();
  a();
});
P('a message port', ['A->B'], async ({ A, B }) => {
  const { port1, port2 } = new MessageChannel();
  const a = await A.acquire();
  const answer = new Promise((done) => port1.once('message', done));
  await touch(B);
  port2.postMessage(1);
  await answer;
  a();
  port1.close();
});
P('a stream read by for await', ['A->B', 'A->C'], async ({ A, B, C }) => {
  const mutexes = [B, C];
  const a = await A.acquire();
  for await (const index of Readable.from([0, 1])) await touch(mutexes[index]);
  a();
});
P(
  'an async generator feeds a pipeline: what is read from its buffer may hide who wrote it',
  [],
  async ({ A, B }) => {
    const a = await A.acquire();
    await pipeline(
      async function* source() {
        yield 'x';
        await sleep(2);
        await touch(B);
        yield 'y';
      },
      new PassThrough({ objectMode: true }),
      async (stream) => {
        for await (const _ of stream);
      },
    );
    a();
  },
  ['A->B'],
);
P('events.on', ['A->B'], async ({ A, B }) => {
  const emitter = new EventEmitter();
  const stop = new AbortController();
  const worker = (async () => {
    try {
      for await (const _ of on(emitter, 'job', { signal: stop.signal })) {
        await touch(B);
        emitter.emit('done');
      }
    } catch {}
  })();
  const a = await A.acquire();
  const done = new Promise((resolve) => emitter.once('done', resolve));
  emitter.emit('job');
  await done;
  a();
  stop.abort();
  await worker;
});
P('AsyncLocalStorage beside', ['A->B'], async ({ A, B, C }) => {
  const storage = new AsyncLocalStorage();
  await Promise.all([
    storage.run(1, async () => {
      const a = await A.acquire();
      await sleep(2);
      await touch(B);
      a();
    }),
    storage.run(2, () => touch(C)),
  ]);
});
P('hand over hand', ['A->B', 'B->C'], async ({ A, B, C }) => {
  const a = await A.acquire();
  const b = await B.acquire();
  a();
  const c = await C.acquire();
  b();
  c();
});
P('a worker loop serves two clients', ['A->C', 'B->C'], async ({ A, B, C }) => {
  const jobs = [];
  let wake = () => {};
  let isOpen = true;
  const worker = (async () => {
    while (isOpen) {
      const job = jobs.shift();
      if (job === undefined) await new Promise((done) => (wake = done));
      else {
        await touch(C);
        job();
      }
    }
  })();
  const client = async (mutex) => {
    const release = await mutex.acquire();
    await new Promise((done) => {
      jobs.push(done);
      wake();
    });
    release();
  };
  await client(A);
  await client(B);
  isOpen = false;
  wake();
  await worker;
});
P('two clients of one worker at a time', ['A->C'], async ({ A, B, C }) => {
  const b = await B.acquire();
  const worker = (async () => {
    const a = await A.acquire();
    await touch(C);
    a();
  })();
  b();
  await worker;
});
P('down-levelled async functions', ['A->B', 'A->C'], ({ A, B, C }) => {
  const awaiter = (generator) =>
    new Promise((resolve) => {
      const step = (result) =>
        result.done
          ? resolve(result.value)
          : new Promise((r) => r(result.value)).then(
              (value) => step(generator.next(value)),
              (error) => step(generator.throw(error)),
            );
      step(generator.next());
    });
  const child = (mutex) =>
    awaiter(
      (function* () {
        const release = yield mutex.acquire();
        yield sleep(1);
        release();
      })(),
    );
  return awaiter(
    (function* () {
      const a = yield A.acquire();
      yield child(B);
      yield Promise.all([child(C)]);
      a();
    })(),
  );
});
P('a promise that was settled while nothing was held, awaited later', ['B->C'], async ({ A, B, C }) => {
  const early = touch(A);
  await early;
  await sleep(30);
  const b = await B.acquire();
  await early;
  await touch(C);
  b();
});
P('begun while nothing is held, resumed under a hold that is handed over', ['A->B'], async ({ A, B }) => {
  let give;
  const got = new Promise((done) => {
    give = done;
  });
  const other = (async () => {
    const release = await got;
    release();
  })();
  await sleep(40);
  const a = await A.acquire();
  await touch(B);
  give(a);
  await other;
});
P('unhandled rejections go by', ['A->B'], async ({ A, B }) => {
  const a = await A.acquire();
  Promise.reject(new Error('x')).catch(() => {});
  await touch(B);
  a();
});
P('a long chain of promises', ['A->B'], async ({ A, B }) => {
  const a = await A.acquire();
  let tail = touch(B);
  for (let i = 0; i < 500; i++) tail = tail.then(() => i);
  await tail;
  a();
});
P('a generator that holds between its values', ['A->B', 'A->C'], async ({ A, B, C }) => {
  async function* values() {
    const a = await A.acquire();
    try {
      yield touch(B);
      yield* inner();
    } finally {
      a();
    }
  }
  async function* inner() {
    await touch(C);
    yield 2;
  }
  for await (const _ of values()) await sleep(1);
});
P('delays of timers/promises as values', ['A->B'], async ({ A, B }) => {
  const a = await A.acquire();
  for await (const _ of ticks(1)) {
    await touch(B);
    break;
  }
  await delay(1);
  a();
});
P('what one rejection has settled waits for none of the others', [], async ({ A, B, C }) => {
  const a = await A.acquire();
  const fails = async () => {
    await sleep(2);
    throw new Error('on purpose');
  };
  await Promise.all([touch(B), fails(), touch(C)]).catch(() => undefined);
  a();
});
P('what only rejections settle waits for all of them', ['A->B', 'A->C'], async ({ A, B, C }) => {
  const a = await A.acquire();
  const fails = async (mutex) => {
    await touch(mutex);
    throw new Error('on purpose');
  };
  await Promise.any([fails(B), fails(C)]).catch(() => undefined);
  a();
});
P('one that is fulfilled is waited for, not those beside it', ['A->B'], async ({ A, B, C }) => {
  const a = await A.acquire();
  const slow = async () => {
    await touch(C);
    await sleep(3);
  };
  await Promise.any([touch(B), slow()]);
  a();
  await sleep(3);
});
P('what an async function has waited for before it returns another promise', ['A->B'], async ({ A, B }) => {
  const waiting = [];
  const outside = setInterval(() => {
    for (const go of waiting.splice(0)) go();
  }, 1);
  const later = async () => {
    await touch(B);
    return new Promise((resolve) => waiting.push(resolve));
  };
  const a = await A.acquire();
  await later();
  a();
  clearInterval(outside);
});
P('what was waited for before a promise is resolved with another one', ['A->B', 'A->C'], async ({ A, B, C }) => {
  const a = await A.acquire();
  await new Promise((resolve) => {
    const settled = touch(B).then(() => resolve(sleep(1)));
    void settled;
  });
  await touch(B)
    .then(() => touch(C))
    .then(() => sleep(1));
  a();
});
P('what somebody else has waited for before he made a promise that is returned', [], async ({ A, B }) => {
  const waiting = [];
  const outside = setInterval(() => {
    for (const go of waiting.splice(0)) go();
  }, 1);
  let shared;
  const other = (async () => {
    await sleep(2);
    await touch(B);
    shared = new Promise((resolve) => waiting.push(resolve));
  })();
  const a = await A.acquire();
  await sleep(4);
  await (async () => shared)();
  a();
  clearInterval(outside);
  await other;
});
P('a generator that is returned, by a break, waits in its finally', ['A->B'], async ({ A, B }) => {
  async function* rows() {
    const a = await A.acquire();
    try {
      yield 1;
      yield 2;
    } finally {
      await sleep(1);
      await touch(B);
      a();
    }
  }
  for await (const _ of rows()) break;
});
P('a generator that is returned by one who has waited', ['A->C'], async ({ A, B, C }) => {
  async function* rows() {
    const a = await A.acquire();
    try {
      yield 1;
    } finally {
      a();
    }
  }
  const iterator = rows();
  await iterator.next();
  const beside = touch(B).then(() => sleep(3));
  await touch(C);
  await iterator.return();
  await beside;
});
P('the second value of a generator is asked for before the first one is there', ['A->B', 'A->C'], async (env) => {
  const { A, B, C } = env;
  async function* rows() {
    await touch(B);
    yield 1;
    await touch(C);
    yield 2;
  }
  const iterator = rows();
  const a = await A.acquire();
  const [first, second] = [iterator.next(), iterator.next()];
  await second;
  a();
  await first;
});
P('a web stream whose source waits', ['A->B'], async ({ A, B }) => {
  let chunks = 0;
  const source = {
    pull: async (controller) => {
      await touch(B);
      controller.enqueue(chunks++);
      if (chunks === 2) controller.close();
    },
  };
  const stream = new ReadableStream(source, { highWaterMark: 0 });
  const a = await A.acquire();
  for await (const _ of stream);
  a();
});
P('a web transform that waits before it takes more', ['A->B'], async ({ A, B }) => {
  const transform = async (chunk, controller) => {
    await touch(B);
    controller.enqueue(chunk);
  };
  const stream = new TransformStream({ transform }, undefined, { highWaterMark: 4 });
  const a = await A.acquire();
  await stream.writable.getWriter().write(1);
  a();
});
P('AbortSignal.any, and one of the two aborts', ['A->B'], async ({ A, B, C }) => {
  const [first, second] = [new AbortController(), new AbortController()];
  const signal = AbortSignal.any([first.signal, second.signal]);
  const holder = (async () => {
    const a = await A.acquire();
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    a();
  })();
  const other = (async () => {
    await sleep(1);
    await touch(C);
    await sleep(12);
    second.abort();
  })();
  await sleep(4);
  await touch(B);
  first.abort();
  await holder;
  await other;
});
P('answers are told from each other by numbers', ['A->B', 'D->C'], async ({ A, B, C, D }) => {
  const open = new Map();
  const wire = new EventEmitter();
  const ask = (what) =>
    new Promise((resolve) => {
      const id = open.size + 1;
      open.set(id, resolve);
      wire.emit('question', id, what);
    });
  wire.on('question', async (id, what) => {
    await sleep(1);
    await touch(what);
    wire.emit('answer', id);
  });
  wire.on('answer', (id) => open.get(id)());
  const client = async (own, what) => {
    const release = await own.acquire();
    await ask(what);
    release();
  };
  await Promise.all([client(A, B), client(D, C)]);
});
P('one batch for two who hold', ['A->B', 'D->B'], async ({ A, B, D }) => {
  let batch = null;
  const load = () =>
    new Promise((resolve) => {
      if (batch !== null) return batch.push(resolve);
      batch = [resolve];
      queueMicrotask(async () => {
        const waiting = batch;
        batch = null;
        await touch(B);
        for (const go of waiting) go();
      });
    });
  let go;
  const begun = new Promise((resolve) => (go = resolve));
  const loads = async (own) => {
    const release = await own.acquire();
    await begun;
    await load();
    release();
  };
  const all = Promise.all([loads(A), loads(D)]);
  await sleep(2);
  go();
  await all;
});
P('children of children, until there are none', ['A->B', 'A->C'], async ({ A, B, C, D }) => {
  const children = new Set();
  const spawn = (run) => {
    const child = run().finally(() => children.delete(child));
    children.add(child);
  };
  const beside = touch(D).then(() => sleep(9));
  const a = await A.acquire();
  spawn(() => touch(B));
  spawn(async () => {
    await sleep(2);
    spawn(() => sleep(1).then(() => touch(C)));
  });
  while (children.size > 0) await Promise.all(children);
  a();
  await beside;
});
P('two iterators side by side, one of which holds', ['A->B', 'A->C', 'B->C'], async ({ A, B, C }) => {
  async function* holding() {
    const b = await B.acquire();
    try {
      yield 1;
      yield 2;
    } finally {
      b();
    }
  }
  async function* waiting() {
    for (;;) {
      await touch(C);
      yield 1;
    }
  }
  async function* zipped(left, right) {
    for (;;) {
      const [a, b] = await Promise.all([left.next(), right.next()]);
      if (a.done) return;
      yield [a.value, b.value];
    }
  }
  const a = await A.acquire();
  for await (const _ of zipped(holding(), waiting()));
  a();
});
P('given up while it waits for a lock', ['A->C', 'B->A', 'B->C'], async ({ A, B, C }) => {
  const orAbort = (mutex, signal) =>
    new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      mutex.acquire().then((release) => (signal.aborted ? release() : resolve(release)));
    });
  const b = await B.acquire();
  const controller = new AbortController();
  const holder = (async () => {
    const a = await A.acquire();
    await orAbort(B, controller.signal).catch(() => undefined);
    a();
  })();
  await sleep(2);
  await touch(C);
  controller.abort();
  await holder;
  b();
  await sleep(1);
});
P('two parties meet, each with a lock of its own', ['A->B', 'A->D', 'D->B'], async ({ A, B, D }) => {
  let arrived = 0;
  let open;
  const gate = new Promise((resolve) => (open = resolve));
  const meet = () => {
    if (++arrived === 2) open();
    return gate;
  };
  const first = (async () => {
    const a = await A.acquire();
    await meet();
    a();
  })();
  const second = (async () => {
    const d = await D.acquire();
    await sleep(1);
    await touch(B);
    await meet();
    d();
  })();
  await Promise.all([first, second]);
});
