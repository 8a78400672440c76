// Promises that are joined of others, thenables, and promises of another realm.
import vm from 'node:vm';
import { program, sleep, touch } from './program.mjs';

program('all: one had ended before the hold', ['A->C'], async ({ A, B, C }) => {
  const children = [touch(B), sleep(5).then(() => touch(C))];
  await sleep(2);
  const a = await A.acquire();
  await Promise.all(children);
  a();
});
program('all of thenables', ['A->B', 'A->C'], async ({ A, B, C }) => {
  const query = (mutex, ms) => ({
    // biome-ignore lint/suspicious/noThenProperty: a thenable is what this is about
    then: (resolve, reject) =>
      sleep(ms)
        .then(() => touch(mutex))
        .then(resolve, reject),
  });
  const a = await A.acquire();
  await Promise.all([query(B, 1), query(C, 4)]);
  a();
});
program('all, any and race of nested thenables and values', ['A->B', 'A->C'], async ({ A, B, C, D }) => {
  const lazy = (m, ms) => ({
    // biome-ignore lint/suspicious/noThenProperty: a thenable is what this is about
    then: (f) =>
      void sleep(ms)
        .then(() => touch(m))
        .then(f),
  });
  const a = await A.acquire();
  await Promise.allSettled([lazy(B, 1), 1, lazy(C, 4)]);
  const slow = lazy(D, 9);
  await Promise.any([slow, sleep(2)]);
  a();
  await sleep(9);
});
program('any of thenables that fail, and one that does not', ['A->C'], async ({ A, B, C }) => {
  const lazy = (m, ms, fails) => ({
    // biome-ignore lint/suspicious/noThenProperty: a thenable is what this is about
    then: (f, r) =>
      void sleep(ms)
        .then(() => touch(m))
        .then(fails ? r : f),
  });
  const a = await A.acquire();
  await Promise.any([lazy(C, 1), lazy(B, 4)]);
  a();
  await sleep(6);
});
program('all of a promise that resolves with all', ['A->B', 'A->C', 'A->D'], async ({ A, B, C, D }) => {
  const a = await A.acquire();
  await Promise.all([sleep(1).then(() => Promise.all([touch(B), sleep(3).then(() => touch(C))])), touch(D)]);
  a();
});
program('async functions of another realm', ['A->B', 'A->C'], async ({ A, B, C, D }) => {
  const realm = vm.createContext({ touch, sleep });
  const make = vm.runInContext(`(async function (mutex, ms) { await sleep(ms); await touch(mutex); })`, realm);
  const beside = make(D, 1);
  const a = await A.acquire();
  await make(B, 1);
  const later = make(C, 2);
  await later;
  a();
  await beside;
});
program('Promise.all of promises of another realm', ['A->B', 'A->C'], async ({ A, B, C }) => {
  const realm = vm.createContext({ touch, sleep });
  const make = vm.runInContext(
    `(function (mutex, ms) { return new Promise((r) => sleep(ms).then(() => touch(mutex)).then(r)); })`,
    realm,
  );
  const a = await A.acquire();
  await Promise.all([make(B, 1), make(C, 4)]);
  a();
});
program('a subclass in another realm', ['A->B', 'A->C'], async ({ A, B, C }) => {
  const realm = vm.createContext({ touch, sleep, A, B, C });
  await vm.runInContext(
    `(async () => {
    class Task extends Promise {}
    const a = await A.acquire();
    await new Task((r) => touch(B).then(r)).then(() => sleep(1)).then(() => touch(C));
    a();
  })()`,
    realm,
  );
});
program('a promise of another library', ['A->B', 'A->C'], async ({ A, B, C, D }) => {
  class Later {
    constructor(executor) {
      this.state = 0;
      this.waiting = [];
      executor((v) => this.settle(v));
    }
    settle(value) {
      if (this.state) return;
      this.state = 1;
      this.value = value;
      for (const call of this.waiting) setImmediate(() => call());
    }
    // biome-ignore lint/suspicious/noThenProperty: a thenable is what this is about
    then(onFulfilled) {
      return new Later((resolve) => {
        const call = () => {
          const result = onFulfilled ? onFulfilled(this.value) : this.value;
          if (result?.then) result.then(resolve);
          else resolve(result);
        };
        if (this.state) setImmediate(() => call());
        else this.waiting.push(call);
      });
    }
  }
  const beside = touch(D);
  const a = await A.acquire();
  await new Later((resolve) => touch(B).then(resolve)).then(() => touch(C)).then((x) => x);
  a();
  await beside;
});
program('a thenable settled by somebody else', ['A->B'], async ({ A, B, C }) => {
  const calls = [];
  const holder = (async () => {
    const a = await A.acquire();
    // biome-ignore lint/suspicious/noThenProperty: a thenable is what this is about
    await { then: (resolve) => void calls.push(resolve) };
    a();
  })();
  await sleep(2);
  await touch(B);
  calls[0]();
  await touch(C);
  await holder;
});
