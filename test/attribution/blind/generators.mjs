// Generators, as they are written and as compilers make them.
import { program, sleep, touch } from './program.mjs';

program('next by two tasks: taken by one, released under the other', ['A->B'], async ({ A, B, C }) => {
  const rows = (async function* () {
    const a = await A.acquire();
    yield 1;
    a();
  })();
  await (async () => {
    await rows.next();
  })();
  const beside = touch(C).then(() => sleep(4));
  await (async () => {
    await touch(B);
    await rows.next();
  })();
  await beside;
});
program('throw into a generator that waits in its catch', ['A->B', 'A->C'], async ({ A, B, C }) => {
  const rows = (async function* () {
    const a = await A.acquire();
    try {
      yield 1;
    } catch {
      await touch(B);
      yield 2;
    } finally {
      a();
    }
  })();
  await rows.next();
  await rows.throw(new Error('x'));
  await touch(C);
  await rows.next();
});
program('three stages of generators', ['A->B', 'A->C', 'A->D'], async ({ A, B, C, D }) => {
  const stage = async function* (source, mutex) {
    for await (const value of source) {
      await touch(mutex);
      yield value;
    }
  };
  const a = await A.acquire();
  for await (const _ of stage(stage(stage([1, 2], B), C), D));
  a();
});
program('an async generator as compilers make it', ['A->B', 'A->C'], async ({ A, B, C }) => {
  const asyncGenerator = (make) => {
    const generator = make();
    const queue = [];
    const resume = (kind, value) => {
      const result = generator[kind](value);
      if (result.value?.awaited)
        Promise.resolve(result.value.awaited).then(
          (v) => resume('next', v),
          (e) => resume('throw', e),
        );
      else {
        const { resolve } = queue.shift();
        resolve({ value: result.value, done: result.done });
        if (queue.length) resume('next');
      }
    };
    return {
      next: () =>
        new Promise((resolve) => {
          if (queue.push({ resolve }) === 1) resume('next');
        }),
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  };
  const rows = asyncGenerator(function* () {
    yield { awaited: touch(B) };
    yield 1;
    yield { awaited: touch(C) };
    yield 2;
  });
  const a = await A.acquire();
  for await (const _ of rows);
  a();
});
program('a merged pair of generators: the slow one is not waited for', ['A->B'], async ({ A, B, C }) => {
  async function* fast() {
    await sleep(3);
    await touch(B);
    yield 1;
  }
  async function* slow() {
    await sleep(8);
    await touch(C);
    yield 2;
  }
  const sources = [fast(), slow()];
  const pending = sources.map((source) => source.next());
  const a = await A.acquire();
  await Promise.race(pending);
  a();
  await Promise.all(pending);
});
