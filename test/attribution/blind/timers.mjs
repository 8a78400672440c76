// Holds that end in a timer, or beside one.
import { setInterval as ticks } from 'node:timers/promises';
import { gate, program, sleep, touch } from './program.mjs';

program('a lease that ends by itself while its holder waits', [], async ({ A, B }) => {
  const b = await B.acquire();
  const holder = (async () => {
    const a = await A.acquire();
    setTimeout(() => a(), 3);
    await touch(B);
  })();
  await sleep(6);
  b();
  await holder;
});
program('a lease that is renewed thrice', ['A->B'], async ({ A, B, C }) => {
  const ended = gate();
  const a = await A.acquire();
  let renewals = 0;
  const renew = async () => {
    await touch(B);
    if (++renewals === 3) ended.open(a());
    else setTimeout(renew, 2);
  };
  setTimeout(renew, 2);
  await touch(C);
  await ended.opened;
});
program('arguments of setTimeout and of setImmediate', ['A->B', 'A->D', 'D->B'], async ({ A, B, D }) => {
  const ended = gate();
  const a = await A.acquire();
  const d = await D.acquire();
  await touch(B);
  const both = [a, d];
  setTimeout(
    (release, n) =>
      setImmediate((r) => {
        r();
        both[1]();
        ended.open(n);
      }, release),
    1,
    a,
    7,
  );
  await ended.opened;
});
program('an interval begun under the hold; its ticks work beside', [], async ({ A, B }) => {
  const ended = gate();
  const a = await A.acquire();
  let tick = 0;
  const timer = setInterval(async () => {
    if (++tick === 3) {
      clearInterval(timer);
      a();
      ended.open();
    } else await touch(B);
  }, 2);
  await ended.opened;
});
program('setImmediate, two siblings of one turn', [], async ({ A, B }) => {
  const ended = gate();
  const a = await A.acquire();
  const waited = gate();
  setImmediate(async () => {
    await touch(B);
    waited.open();
  });
  setImmediate(() => setTimeout(() => ended.open(a()), 3));
  await ended.opened;
  await waited.opened;
});
program('a time limit passes; what was waited for goes on', ['A->C', 'B->A', 'B->C'], async ({ A, B, C }) => {
  const b = await B.acquire();
  const lost = touch(B);
  const holder = (async () => {
    const a = await A.acquire();
    await touch(C);
    await Promise.race([lost, sleep(3)]);
    a();
  })();
  await holder;
  b();
  await lost;
});
program('a cancelled attempt counts not, the second one does', ['A->C'], async ({ A, B, C }) => {
  const attempt = (mutex, signal) =>
    new Promise((resolve, reject) => {
      signal?.addEventListener('abort', () => reject(signal.reason));
      void sleep(5)
        .then(() => touch(mutex))
        .then(resolve);
    });
  const stop = new AbortController();
  const a = await A.acquire();
  setTimeout(() => stop.abort(), 2);
  await attempt(B, stop.signal).catch(() => {});
  await attempt(C);
  a();
});
program(
  'debounce: two who hold share one save',
  ['A->B', 'D->B'],
  async ({ A, B, D }) => {
    let pending = null;
    let timer;
    const save = () => {
      pending ??= gate();
      clearTimeout(timer);
      const { open } = pending;
      timer = setTimeout(async () => {
        pending = null;
        await touch(B);
        open();
      }, 4);
      return pending.opened;
    };
    const holder = async (mutex, after) => {
      const release = await mutex.acquire();
      await sleep(after);
      await save();
      release();
    };
    await Promise.all([holder(A, 0), holder(D, 2)]);
  },
  ['A->D', 'D->A'],
);
program('locks of two turns of one interval', [], async ({ A, B }) => {
  let turn = 0;
  for await (const _ of ticks(1)) {
    const release = await (turn++ % 2 ? A : B).acquire();
    release();
    if (turn === 4) break;
  }
});
