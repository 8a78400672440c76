// Locks that are gone through one by one, or handed on in their queue.
import { program, sleep, touch } from './program.mjs';

program('down a list of four, two walkers', ['N0->N1', 'N1->N2', 'N2->N3'], async ({ mk }) => {
  const nodes = [0, 1, 2, 3].map((i) => mk(`N${i}`));
  const walk = async () => {
    let held = await nodes[0].acquire();
    for (const node of nodes.slice(1)) {
      const next = await node.acquire();
      held();
      held = next;
      await sleep(2);
    }
    held();
  };
  await Promise.all([walk(), walk()]);
});
program('the child releases its parent', ['N0->N1', 'N1->N2'], async ({ mk }) => {
  const nodes = [0, 1, 2].map((i) => mk(`N${i}`));
  const visit = async (i, parent) => {
    const own = await nodes[i].acquire();
    parent?.();
    await sleep(1);
    if (i < 2) await visit(i + 1, own);
    else own();
  };
  await visit(0);
});
program('down a tree, both sides at once', ['R->L', 'R->S', 'L->S'], async ({ mk }) => {
  const [R, L, S] = ['R', 'L', 'S'].map(mk);
  const r = await R.acquire();
  const sides = [L, S].map(async (mutex, i) => {
    const release = await mutex.acquire();
    return async () => {
      await sleep(i);
      release();
    };
  });
  const ends = await Promise.all(sides);
  r();
  await Promise.all(ends.map((end) => end()));
});
program('a lock is handed on in a queue: the next one does not inherit', ['A->B'], async ({ A, B, C }) => {
  const first = (async () => {
    const a = await A.acquire();
    await touch(B);
    await sleep(4);
    a();
    await touch(C);
  })();
  const second = (async () => {
    await sleep(1);
    const a = await A.acquire();
    await sleep(1);
    a();
  })();
  await Promise.all([first, second]);
});
program(
  'the one who is woken holds another lock; the one who wakes goes on',
  ['D->A', 'A->B'],
  async ({ A, B, C, D }) => {
    const first = (async () => {
      const a = await A.acquire();
      await sleep(2);
      await touch(B);
      await sleep(4);
      a();
      await touch(C);
    })();
    const second = (async () => {
      await sleep(1);
      const d = await D.acquire();
      const a = await A.acquire();
      a();
      d();
    })();
    await Promise.all([first, second]);
  },
);
program('closures made in a loop, run as siblings later', ['A->C', 'B->D'], async ({ A, B, C, D }) => {
  const jobs = [];
  for (const [own, what] of [
    [A, C],
    [B, D],
  ]) {
    await sleep(1);
    jobs.push(async () => {
      const r = await own.acquire();
      await sleep(1);
      await touch(what);
      r();
    });
  }
  await Promise.allSettled(jobs.map((j) => j()));
});
