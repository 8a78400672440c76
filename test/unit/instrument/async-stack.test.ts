import { expect, test } from 'vitest';
import { letAllGo, pendingReactions, refillKept } from '../../../instrument/attribution/kept-reactions.ts';
import { follow } from '../../../instrument/attribution/promise-links.ts';
import { asyncStackOf, asyncStackThrough } from '../../../instrument/stacks/async-stack.ts';

/** The functions of this file. A test runner may print async frames as any other. */
function namesAbove(promise: object): Promise<readonly string[]> {
  return new Promise((told) => {
    asyncStackOf(promise, 16, (stack) => {
      told([...stack.matchAll(/ at (?:async )?(\w+) \(.*async-stack\.test\.ts/g)].map(([, name]) => name ?? ''));
    });
  });
}

function deferred(): { readonly promise: Promise<string>; readonly resolve: (value: string) => void } {
  let resolve: (value: string) => void = () => undefined;
  const promise = new Promise<string>((ok) => {
    resolve = ok;
  });
  return { promise, resolve };
}

/** As what query builders make: it begins when it is awaited. */
class Lazy {
  readonly #run: () => Promise<string>;

  constructor(run: () => Promise<string>) {
    this.#run = run;
  }

  // biome-ignore lint/suspicious/noThenProperty: it is a thenable.
  then(ok: (value: string) => void, failed: (reason: unknown) => void): void {
    const run = this.#run;
    void run().then(ok, failed);
  }
}

test('the functions that await a promise, through awaits, returns, resolve functions and thenables', async () => {
  const { promise, resolve } = deferred();
  const inner = async (): Promise<string> => await promise;
  async function thenable(): Promise<string> {
    return await (new Lazy(inner) as unknown as Promise<string>);
  }
  async function returning(): Promise<string> {
    return new Promise((ok) => void thenable().then(ok));
  }
  async function outer(): Promise<string> {
    return await returning();
  }
  const done = outer();
  await new Promise(setImmediate);
  expect(await namesAbove(promise)).toEqual(['inner', 'thenable', 'outer']);
  resolve('value');
  expect(await done).toBe('value');
});

test('asking neither settles the promise, nor handles its rejection, nor stands in its way', async () => {
  const { promise, resolve } = deferred();
  const order: string[] = [];
  void promise.then((value) => order.push(value));
  expect(await namesAbove(promise)).toEqual([]);
  expect(await namesAbove(promise)).toEqual([]);
  expect(order).toEqual([]);
  resolve('once');
  await promise;
  expect(order).toEqual(['once']);

  const rejections: unknown[] = [];
  const hear = (reason: unknown): void => void rejections.push(reason);
  const before = process.listeners('unhandledRejection');
  process.removeAllListeners('unhandledRejection').on('unhandledRejection', hear);
  const failing = Promise.reject(new Error('nobody handles this'));
  await namesAbove(failing);
  await new Promise(setImmediate);
  process.removeAllListeners('unhandledRejection');
  for (const listener of before) process.on('unhandledRejection', listener);
  expect(rejections).toEqual([new Error('nobody handles this')]);
});

test('when it was asked nothing of ours stays pending, as a function that waits does', async () => {
  const quiet = (): undefined => undefined;
  const follower = { created: quiet, begins: quiet, ended: quiet, resolved: quiet };
  follow(follower, 'links');
  const { promise, resolve } = deferred();
  // What the test runner waits for is not counted.
  await new Promise<void>((tick) => process.nextTick(tick));
  letAllGo();
  refillKept(100);
  await namesAbove(promise);
  await new Promise<void>((told) => asyncStackThrough(resolve, 16, () => told()));
  await new Promise<void>((tick) => process.nextTick(tick));
  expect(pendingReactions()).toEqual([]);
  follow(follower, 'off');
});

test('one that several await tells of none, and so does what is no promise', async () => {
  const { promise } = deferred();
  const one = async (): Promise<string> => await promise;
  void one();
  void one();
  expect(await namesAbove(promise)).toEqual([]);
  expect(await namesAbove(new Lazy(one))).toEqual([]);
});
