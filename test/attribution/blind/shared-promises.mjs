// What one has begun and others await, from before a hold or under it.
import { gate, program, sleep, touch } from './program.mjs';

program('prefetch, granted under the hold', ['A->B'], async ({ A, B }) => {
  const other = await B.acquire();
  const early = B.acquire();
  const holder = (async () => {
    const a = await A.acquire();
    await sleep(3);
    const b = await early;
    b();
    a();
  })();
  await sleep(1);
  other();
  await holder;
});
program('a memo that failed is made anew', ['A->B', 'A->C'], async ({ A, B, C }) => {
  let memo = null;
  let first = true;
  const get = () =>
    (memo ??= (async () => {
      if (!first) return touch(C);
      first = false;
      await touch(B);
      memo = null;
      throw new Error('x');
    })());
  const a = await A.acquire();
  await get().catch(() => get());
  a();
});
program('stale while revalidate: the old value is answered, the new one made beside', [], async ({ A, B }) => {
  let value = 1;
  let making = null;
  const get = async () => {
    making ??= touch(B).then(() => {
      value++;
      making = null;
    });
    return value;
  };
  const a = await A.acquire();
  await get();
  await sleep(3);
  a();
  await making;
});
program('a memo by key; other keys are not waited for', ['A->B', 'D->C'], async ({ A, B, C, D }) => {
  const memo = new Map();
  const get = (mutex) => {
    if (!memo.has(mutex))
      memo.set(
        mutex,
        sleep(3).then(() => touch(mutex)),
      );
    return memo.get(mutex);
  };
  void get(B);
  void get(C);
  await Promise.all(
    [
      [A, B],
      [D, C],
    ].map(async ([own, key]) => {
      const release = await own.acquire();
      await get(key);
      release();
    }),
  );
});
program('a promise kept from an earlier hold', ['A->B'], async ({ A, B, C }) => {
  const a = await A.acquire();
  const kept = touch(B);
  await kept;
  a();
  const c = await C.acquire();
  await kept;
  c();
});
program('all is awaited twice, by two who hold', ['A->B', 'A->C', 'D->B', 'D->C'], async ({ A, B, C, D }) => {
  const go = gate();
  const all = Promise.all([go.opened.then(() => touch(B)), go.opened.then(() => sleep(2)).then(() => touch(C))]);
  const holders = [A, D].map(async (mutex) => {
    const release = await mutex.acquire();
    await all;
    release();
  });
  await sleep(2);
  go.open();
  await Promise.all(holders);
});
program('the resolver that comes first wins', ['A->B'], async ({ A, B, C }) => {
  const end = gate();
  const others = [
    [B, 2],
    [C, 5],
  ].map(async ([mutex, ms]) => {
    await sleep(ms);
    await touch(mutex);
    end.open();
  });
  const a = await A.acquire();
  await end.opened;
  await sleep(8);
  await end.opened;
  a();
  await Promise.all(others);
});
program('resolved with the promise of another, by one who has waited', ['A->B', 'A->D'], async ({ A, B, C, D }) => {
  const end = gate();
  const other = (async () => {
    await sleep(2);
    await touch(D);
    end.open(touch(B));
    await touch(C);
  })();
  const a = await A.acquire();
  await end.opened;
  a();
  await other;
});
program('return without await: finally releases first', [], async ({ A, B }) => {
  const f = async () => {
    const a = await A.acquire();
    try {
      return touch(B);
    } finally {
      a();
    }
  };
  await f();
});
program('a circuit breaker lets one probe through, others share it', ['A->B', 'D->B'], async ({ A, B, D }) => {
  let probe = null;
  const call = () =>
    (probe ??= sleep(3)
      .then(() => touch(B))
      .finally(() => (probe = null)));
  await Promise.all(
    [A, D].map(async (mutex) => {
      const release = await mutex.acquire();
      await sleep(1);
      await call();
      release();
    }),
  );
});
