// Programs whose true dependencies are known. Each: name, expect (edges that must be found), optional (neither required nor wrong), run(env).
// env gives mutexes A, B, C, D and mk(name). A mutex has acquire(): Promise<release>, tryAcquire(): release | null, runExclusive(fn), and a name.
// 'A->B' reads: the event "A released" cannot happen until the event "B released" has (A's holder waited for B before releasing A).
// Bind acquire/tryAcquire/runExclusive to the implementation under test; fork(fn) may stay the identity (nobody annotates).
import { EventEmitter, once } from 'node:events';

const sleep = (ms) => new Promise((r) => setTimeout(r, ms));
const fork = (fn) => fn();
const _tick = () => Promise.resolve();
export const programs = [];
function P(name, expect, run, optional = []) {
  programs.push({ name, expect, optional, run });
}

P('01 sequential nested', ['A->B'], async ({ A, B }) => {
  const a = await A.acquire();
  const b = await B.acquire();
  await sleep(1);
  b();
  a();
});
P('02 sequential disjoint', [], async ({ A, B }) => {
  const a = await A.acquire();
  await sleep(1);
  a();
  const b = await B.acquire();
  await sleep(1);
  b();
});
P('03 nested runExclusive', ['A->B'], async ({ A, B }) => {
  await A.runExclusive(async () => {
    await sleep(1);
    await B.runExclusive(async () => {
      await sleep(1);
    });
  });
});
P('04 Promise.all fork, acquire first', [], async ({ A, B }) => {
  async function f() {
    const r = await A.acquire();
    await sleep(2);
    r();
  }
  async function g() {
    const r = await B.acquire();
    await sleep(2);
    r();
  }
  await Promise.all([fork(() => f()), fork(() => g())]);
});
P('05 Promise.all fork, acquire after an await', [], async ({ A, B }) => {
  async function f() {
    await sleep(1);
    const r = await A.acquire();
    await sleep(4);
    r();
  }
  async function g() {
    await sleep(2);
    const r = await B.acquire();
    await sleep(4);
    r();
  }
  await Promise.all([fork(() => f()), fork(() => g())]);
});
P('06 fork then caller awaits then acquires', [], async ({ A, B }) => {
  async function f() {
    const r = await A.acquire();
    await sleep(6);
    r();
  }
  const pf = fork(() => f());
  await sleep(2);
  const b = await B.acquire();
  b();
  await pf;
});
P('07 hold, join two children (acquire 1st thing)', ['A->B', 'A->C'], async ({ A, B, C }) => {
  async function f() {
    const r = await B.acquire();
    await sleep(2);
    r();
  }
  async function g() {
    const r = await C.acquire();
    await sleep(2);
    r();
  }
  const a = await A.acquire();
  await Promise.all([f(), g()]);
  a();
});
P('09 hold, await child helper (acquire after await)', ['A->B'], async ({ A, B }) => {
  async function helper() {
    await sleep(1);
    const r = await B.acquire();
    await sleep(1);
    r();
  }
  const a = await A.acquire();
  try {
    await helper();
  } finally {
    a();
  }
});
P('10 fire-and-forget under hold, not joined', [], async ({ A, B }) => {
  async function bg() {
    await sleep(1);
    const r = await B.acquire();
    await sleep(8);
    r();
  }
  const a = await A.acquire();
  const p = fork(() => bg());
  await sleep(4);
  a();
  await p;
});
P(
  '11 race under hold',
  [],
  async ({ A, B }) => {
    async function f() {
      const r = await B.acquire();
      await sleep(1);
      r();
    }
    const a = await A.acquire();
    await Promise.race([f(), sleep(10)]);
    a();
  },
  ['A->B'],
);
P('13 generator holds across yield, consumer acquires', ['A->B'], async ({ A, B }) => {
  async function* gen() {
    const r = await A.acquire();
    try {
      yield 1;
      yield 2;
    } finally {
      r();
    }
  }
  for await (const _ of gen()) {
    const b = await B.acquire();
    await sleep(1);
    b();
  }
});
P('14 emitter: handler runs two locks, emitted under hold, not awaited', ['B->C'], async ({ A, B, C }) => {
  const e = new EventEmitter();
  let done;
  const fin = new Promise((r) => (done = r));
  e.on('x', () =>
    fork(async () => {
      await sleep(1);
      const b = await B.acquire();
      const c = await C.acquire();
      c();
      b();
      await sleep(8);
      done();
    }),
  );
  const a = await A.acquire();
  e.emit('x');
  await sleep(4);
  a();
  await fin;
});
P('16 timer started under hold, release before', [], async ({ A, B }) => {
  const a = await A.acquire();
  let done;
  const fin = new Promise((r) => (done = r));
  setTimeout(
    () =>
      fork(async () => {
        const b = await B.acquire();
        await sleep(1);
        b();
        done();
      }),
    3,
  );
  await sleep(1);
  a();
  await fin;
});
P('18 recursive', ['L2->L1', 'L1->L0', 'L2->L0'], async (env) => {
  const L = [env.mk('L0'), env.mk('L1'), env.mk('L2')];
  async function rec(n) {
    const r = await L[n].acquire();
    try {
      if (n > 0) await rec(n - 1);
      else await sleep(1);
    } finally {
      r();
    }
  }
  await rec(2);
});
P('19 class methods: lock()/work()/unlock() (acquire in helper, caller releases)', ['A->B'], async ({ A, B }) => {
  class S {
    async lock() {
      this.r = await A.acquire();
    }
    async work() {
      await sleep(1);
      const b = await B.acquire();
      await sleep(1);
      b();
    }
    unlock() {
      this.r();
    }
  }
  const s = new S();
  await s.lock();
  await s.work();
  s.unlock();
});
P('20 callback style .then', ['A->B'], ({ A, B }) =>
  A.acquire().then((a) =>
    B.acquire().then((b) => {
      b();
      a();
    }),
  ),
);
P('23 async helper returns release', ['A->B'], async ({ A, B }) => {
  async function lockA() {
    await sleep(1);
    const r = await A.acquire();
    return r;
  }
  const a = await lockA();
  const b = await B.acquire();
  b();
  a();
});
P('24 sync helper returns acquire()', ['A->B'], async ({ A, B }) => {
  const lockA = () => A.acquire();
  const a = await lockA();
  await sleep(1);
  const b = await B.acquire();
  b();
  a();
});
P('26 token handed over; acquirer then waits for C (no dep)', [], async ({ A, C }) => {
  let give;
  const got = new Promise((r) => (give = r));
  const g = fork(async () => {
    const rel = await got;
    await sleep(6);
    rel();
  });
  const f = fork(async () => {
    const a = await A.acquire();
    give(a);
    await sleep(1);
    const c = await C.acquire();
    await sleep(1);
    c();
  });
  await Promise.all([f, g]);
});
P('27 try/finally with throw; later acquire is clean', ['A->B'], async ({ A, B, C }) => {
  async function f() {
    const a = await A.acquire();
    try {
      const b = await B.acquire();
      try {
        await sleep(1);
        throw new Error('x');
      } finally {
        b();
      }
    } finally {
      a();
    }
  }
  try {
    await f();
  } catch {}
  const c = await C.acquire();
  c();
});
P('28 Symbol.asyncDispose object (desugared)', ['A->B'], async ({ A, B }) => {
  const lock = async (m) => {
    const r = await m.acquire();
    return {
      async [Symbol.asyncDispose]() {
        r();
      },
    };
  };
  const d1 = await lock(A);
  try {
    const d2 = await lock(B);
    try {
      await sleep(1);
    } finally {
      await d2[Symbol.asyncDispose]();
    }
  } finally {
    await d1[Symbol.asyncDispose]();
  }
});
P('30 tryAcquire in callee sync part; caller goes on', [], async ({ A, B }) => {
  async function f() {
    const r = A.tryAcquire();
    await sleep(5);
    r();
  }
  const pf = fork(() => f());
  await sleep(1);
  const b = await B.acquire();
  b();
  await pf;
});
P('32 memoised promise created elsewhere, awaited under hold', ['A->B'], async ({ A, B }) => {
  let memo;
  const get = () =>
    (memo ??= (async () => {
      await sleep(3);
      const b = await B.acquire();
      await sleep(1);
      b();
    })());
  const g = fork(async () => {
    await get();
  });
  const f = fork(async () => {
    const a = await A.acquire();
    await get();
    a();
  });
  await Promise.all([f, g]);
});
P('33 loop: A then nested B, 3x', ['A->B'], async ({ A, B }) => {
  for (let i = 0; i < 3; i++) {
    const a = await A.acquire();
    const b = await B.acquire();
    b();
    a();
    await sleep(0);
  }
});
P('35 same function, two concurrent instances', ['A->B', 'C->D'], async ({ A, B, C, D }) => {
  async function h(x, y) {
    const r1 = await x.acquire();
    await sleep(2);
    const r2 = await y.acquire();
    await sleep(2);
    r2();
    r1();
  }
  await Promise.all([fork(() => h(A, B)), fork(() => h(C, D))]);
});
P('36 setInterval poll, disjoint', [], async ({ A, B }) => {
  let n = 0;
  await new Promise((res) => {
    const t = setInterval(async () => {
      const m = n++ % 2 ? A : B;
      const r = await m.acquire();
      await sleep(1);
      r();
      if (n === 4) {
        clearInterval(t);
        res();
      }
    }, 3);
  });
});
P('38 structured outer, unstructured inner', ['A->B', 'A->C', 'B->C'], async ({ A, B, C }) => {
  await A.runExclusive(async () => {
    const b = await B.acquire();
    await sleep(1);
    const c = await C.acquire();
    c();
    b();
  });
});
P('40 lock order per-request, allSettled with map', ['A->B'], async ({ A, B, C }) => {
  await Promise.allSettled(
    [1, 2, 3].map((i) =>
      fork(async () => {
        await sleep(i);
        if (i === 1) {
          const a = await A.acquire();
          await sleep(2);
          const b = await B.acquire();
          await sleep(2);
          b();
          a();
        } else {
          const c = await C.acquire();
          await sleep(2);
          c();
        }
      }),
    ),
  );
});

P(
  '42 prefetch: B requested before A, both granted before',
  [],
  async ({ A, B }) => {
    const pb = B.acquire();
    await sleep(1);
    const a = await A.acquire();
    await sleep(1);
    const b = await pb;
    a();
    b();
  },
  ['B->A'],
);
P('43 A,B acquired; A released from a timer callback', ['A->B'], async ({ A, B }) => {
  const a = await A.acquire();
  const b = await B.acquire();
  b();
  await new Promise((res) =>
    setTimeout(() => {
      a();
      res();
    }, 2),
  );
});
P('45 hold A, hand job to long-lived worker by event, await done event', ['A->B'], async ({ A, B }) => {
  const e = new EventEmitter();
  let _stop;
  const w = fork(async () => {
    await once(e, 'job');
    await sleep(1);
    const b = await B.acquire();
    await sleep(1);
    b();
    e.emit('done');
  });
  await sleep(1);
  const a = await A.acquire();
  const d = once(e, 'done');
  e.emit('job');
  await d;
  a();
  await w;
});
P('47 p-limit style limiter: tasks queued and run by the previous finisher', [], async ({ A, B }) => {
  const q = [];
  let act = 0;
  const next = () => {
    if (act < 1 && q.length) {
      act++;
      q.shift()();
    }
  };
  const limit = (fn) =>
    new Promise((res, rej) => {
      q.push(async () => {
        try {
          res(await fn());
        } catch (e) {
          rej(e);
        } finally {
          act--;
          next();
        }
      });
      next();
    });
  await Promise.all([
    fork(() =>
      limit(async () => {
        const a = await A.acquire();
        await sleep(2);
        a();
      }),
    ),
    fork(() =>
      limit(async () => {
        const b = await B.acquire();
        await sleep(2);
        b();
      }),
    ),
    fork(() =>
      limit(async () => {
        const a = await A.acquire();
        await sleep(1);
        a();
      }),
    ),
  ]);
});
