// Locks that another task gives back than the one which took them.
import { gate, program, sleep, touch } from './program.mjs';

program('a mailbox carries the token', ['A->D'], async ({ A, B, D }) => {
  const mail = gate();
  const actor = (async () => {
    const release = await mail.opened;
    await sleep(3);
    await touch(D);
    release();
  })();
  const a = await A.acquire();
  mail.open(a);
  await touch(B);
  await actor;
});
program('three runners, each waits for one lock', ['A->B', 'A->C', 'A->D'], async ({ A, B, C, D }) => {
  const gates = [gate(), gate(), gate()];
  const runners = [B, C, D].map(async (mutex, i) => {
    const release = await gates[i].opened;
    await sleep(1);
    await touch(mutex);
    if (i < 2) gates[i + 1].open(release);
    else release();
  });
  gates[0].open(await A.acquire());
  await Promise.all(runners);
});
program('there and back', ['A->B', 'A->C'], async ({ A, B, C, D }) => {
  const [there, back] = [gate(), gate()];
  const other = (async () => {
    const release = await there.opened;
    await touch(B);
    back.open(release);
    await touch(D);
  })();
  there.open(await A.acquire());
  const release = await back.opened;
  await touch(C);
  release();
  await other;
});
program('a shared variable: somebody else releases after a wait', ['A->B'], async ({ A, B, C }) => {
  let slot = null;
  const janitor = (async () => {
    await sleep(5);
    await touch(B);
    slot();
  })();
  slot = await A.acquire();
  await touch(C);
  await janitor;
});
program('a shared variable: he had waited before it was taken', [], async ({ A, B, C }) => {
  let slot = null;
  const janitor = (async () => {
    await touch(B);
    await sleep(8);
    slot();
  })();
  await sleep(3);
  slot = await A.acquire();
  await touch(C);
  await janitor;
});
program(
  'two tokens handed over in one message, released apart',
  ['A->B', 'A->C', 'B->C', 'B->D'],
  async ({ A, B, C, D }) => {
    const mail = gate();
    const other = (async () => {
      const [a, b] = await mail.opened;
      await touch(C);
      a();
      await touch(D);
      b();
    })();
    mail.open(await Promise.all([A.acquire(), B.acquire()]));
    await other;
  },
);
program(
  'a token given to the one who waits in a queue, with what the giver has waited for',
  ['A->B', 'A->D', 'D->B', 'D->C'],
  async ({ A, B, C, D }) => {
    const takers = [];
    const take = () => new Promise((resolve) => takers.push(resolve));
    const put = (value) => takers.shift()(value);
    const consumer = (async () => {
      const a = await A.acquire();
      await take();
      a();
    })();
    await sleep(2);
    const d = await D.acquire();
    await touch(B);
    put(1);
    await touch(C);
    d();
    await consumer;
  },
);
program('through Promise.race of mailboxes', ['A->C'], async ({ A, B, C }) => {
  const [left, right] = [gate(), gate()];
  const taker = (async () => {
    const r = await Promise.race([left.opened, right.opened]);
    await touch(C);
    r();
  })();
  const a = await A.acquire();
  right.open(a);
  left.open(() => {});
  await touch(B);
  await taker;
});
program('through a chain of then', ['A->B', 'A->C'], ({ A, B, C, D }) => {
  const token = A.acquire();
  const one = token.then((r) => touch(B).then(() => r));
  const two = one.then((r) => touch(C).then(() => r));
  const side = token.then(() => sleep(1)).then(() => touch(D));
  return Promise.all([two.then((r) => r()), side]);
});
program(
  'through an async generator: the consumer releases what it is given',
  ['A->B', 'A->C'],
  async ({ A, B, C, D }) => {
    async function* tokens() {
      const a = await A.acquire();
      await touch(B);
      yield a;
      await touch(D);
    }
    for await (const release of tokens()) {
      await touch(C);
      release();
    }
  },
);
program('given to whoever comes first', ['A->B'], async ({ A, B, C }) => {
  const tokens = gate();
  let taken = false;
  const tasks = [
    [B, 1],
    [C, 4],
  ].map(async ([m, ms]) => {
    const r = await tokens.opened;
    await sleep(ms);
    if (taken) return touch(m);
    taken = true;
    await touch(m);
    r();
  });
  tokens.open(await A.acquire());
  await Promise.all(tasks);
});
program('the token is the value of a memoised promise', ['A->B'], async ({ A, B, C }) => {
  let memo;
  const lease = () => (memo ??= A.acquire());
  const one = (async () => {
    await lease();
    await touch(C);
  })();
  const two = (async () => {
    const r = await lease();
    await sleep(3);
    await touch(B);
    r();
  })();
  await Promise.all([one, two]);
});
