import { DeptError } from '../../src/core/dept-error.ts';
import { checkOptions, FUNCTION, type OptionKind, optionKinds, TEXT } from '../../src/core/options.ts';
import type { HowMuch } from '../../src/core/vocabulary.ts';
import * as hooks from '../../src/sync/hooks.ts';
import { standIn } from '../patches/stand-in.ts';
import { isPending } from '../promises/is-pending.ts';
import { PromiseCache, SHARED_PROMISE } from '../shapes/promise-cache.ts';

export interface SharedOptions {
  /** What the value is called. */
  readonly name: string;
  /** Which of several values of that name: each key is a class of its own. */
  readonly key?: string | number;
}

export interface SharedFactoryOptions<A extends unknown[]> {
  /** What the value is called; the name of the function if not given. */
  readonly name?: string;
  /** Which of several values a call is for: each key is a class of its own. */
  readonly key?: (...args: A) => string | number;
}

/**
 * Promises that are shared: memoised, kept in a field, handed out by a container. What computes one owes its settling; to
 * await it is to wait for that. For caches of your own; those that dept knows are watched by themselves.
 */
export interface Shared {
  /**
   * The same function, whose promises are shared.
   * @throws DeptError ERR_DEPT_BAD_MAP when neither the function nor the options have a name
   */
  factory<A extends unknown[], R>(fn: (...args: A) => R, options?: SharedFactoryOptions<A>): (...args: A) => R;
  /**
   * The same promise, shared from here on: one that no function of yours computes, or a stand-in for one.
   * @throws DeptError ERR_DEPT_BAD_MAP when the name is empty
   */
  promise<P extends Promise<unknown>>(promise: P, options: SharedOptions): P;
}

const KEY: OptionKind = {
  words: 'a string or a number',
  allows: (key) => typeof key === 'string' || typeof key === 'number',
};
const PROMISE_OPTIONS = optionKinds({ name: TEXT, key: KEY });
const FACTORY_OPTIONS = optionKinds({ name: TEXT, key: FUNCTION });

export const shared: Shared = Object.freeze({ factory, promise });

const caches = new Map<string, PromiseCache>();
let generations = 0;

/** A newer promise of a name may wait for an older one, as in a chain: each is a level of its own. */
function nextLevel(): HowMuch {
  return { nest: ++generations };
}

function cacheOf(name: string): PromiseCache {
  if (name === '' || name === undefined)
    throw new DeptError('ERR_DEPT_BAD_MAP', 'A shared promise needs a name: reports call the class by it.');
  const cache = caches.get(name) ?? new PromiseCache({ name, site: null });
  caches.set(name, cache);
  return cache;
}

function factory<A extends unknown[], R>(
  fn: (...args: A) => R,
  options: SharedFactoryOptions<A> = {},
): (...args: A) => R {
  checkOptions('shared.factory()', options, FACTORY_OPTIONS, 'ERR_DEPT_BAD_MAP');
  const { name = fn.name, key } = options;
  const cache = cacheOf(name);
  return standIn(fn, (self, args) => {
    const object = hooks.activeSession() === null ? null : cache.of(key?.(...(args as A)));
    const level = nextLevel();
    const result = hooks.owing(object, SHARED_PROMISE, level, () => Reflect.apply(fn, self, args));
    return result instanceof Promise ? hooks.share(result, object, SHARED_PROMISE, level) : result;
  });
}

function promise<P extends Promise<unknown>>(given: P, options: SharedOptions): P {
  checkOptions('shared.promise()', options, PROMISE_OPTIONS, 'ERR_DEPT_BAD_MAP');
  const { name, key } = options;
  const object = cacheOf(name).of(key);
  const level = nextLevel();
  if (isPending(given)) void hooks.owing(object, SHARED_PROMISE, level, () => given);
  return hooks.share(given, object, SHARED_PROMISE, level);
}
