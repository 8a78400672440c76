import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Joined, joinPromises } from '../../../instrument/attribution/joined-promises.ts';

const fulfilled = Promise.resolve('fulfilled');
const rejected = Promise.reject(new Error('rejected'));
rejected.catch(() => undefined);

let joins: Joined[] = [];
let restore = (): void => undefined;

beforeEach(() => {
  joins = [];
  restore = joinPromises({
    joining: (name, elements, run) => {
      const joined = new Joined(name, elements);
      joins.push(joined);
      return run(joined);
    },
  });
});
afterEach(() => restore());

describe('how a joined promise is settled says for what it had to wait', () => {
  test.each([
    ['all of them, fulfilled', () => Promise.all([fulfilled, fulfilled]), 2],
    ['all of them, one rejected', () => Promise.all([fulfilled, rejected]), 0],
    ['any of them, one fulfilled', () => Promise.any([rejected, fulfilled]), 0],
    ['any of them, all rejected', () => Promise.any([rejected, rejected]), 2],
    ['all settled', () => Promise.allSettled([fulfilled, rejected]), 2],
  ])('%s', async (_, join, awaited) => {
    await Promise.allSettled([join()]);
    expect(joins.map((joined) => joined.awaited.length)).toEqual([awaited, 1]);
  });
});

class Unresolvable<T> extends Promise<T> {
  static override readonly resolve = 'no function' as never;
}

test('a subclass makes the promise, and takes the elements over', async () => {
  const taken: unknown[] = [];
  class Own<T> extends Promise<T> {
    static override resolve(value?: unknown): Promise<never> {
      taken.push(value);
      return Promise.resolve(value) as Promise<never>;
    }
  }
  const joined = Own.all([1, fulfilled]);
  expect([joined.constructor, await joined, taken]).toEqual([Own, [1, 'fulfilled'], [1, fulfilled]]);
});

test('what cannot be joined is refused as it is without dept', async () => {
  const refusals = () => [
    Unresolvable.all([fulfilled]).catch(String),
    Promise.all([...[fulfilled]].values()).then(String),
    Promise.all(1 as never).catch(String),
    Promise.any(null as never).catch(String),
  ];
  const seen = await Promise.allSettled(refusals());
  restore();
  expect(seen).toEqual(await Promise.allSettled(refusals()));
  expect(() => Promise.all.call((() => undefined) as never, [])).toThrow('is not a constructor');
});

const NAMES = ['all', 'allSettled', 'any', 'race'] as const;

test.each(NAMES)('%s of what cannot be iterated is rejected, and it is asked for its iterator once', async (name) => {
  let asks = 0;
  const values = {
    get [Symbol.iterator](): never {
      asks++;
      throw new Error('getter');
    },
  };
  const join = (from: Iterable<number>): Promise<unknown> => Reflect.apply(Promise[name], Promise, [from]);
  await expect(join(values)).rejects.toThrow('getter');
  const iterable = {
    get [Symbol.iterator](): () => Iterator<number> {
      asks++;
      return () => [1].values();
    },
  };
  await join(iterable);
  expect(asks).toBe(2);
});
