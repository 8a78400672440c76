import { types } from 'node:util';
import { isObject } from '../../src/core/thenable.ts';
import { placeOfUse } from '../first-use.ts';
import { optionOf } from '../patches/passed-options.ts';
import { dressed } from '../patches/stand-in.ts';
import { PromiseCache } from '../shapes/promise-cache.ts';
import type { LibraryAdapter } from './adapter.ts';

interface Cache {
  readonly fetchMethod?: unknown;
  fetch(key: unknown, options?: unknown): Promise<unknown>;
}

/** Values of `status.fetch` with which the call runs `fetchMethod` itself. */
const COMPUTES: ReadonlySet<unknown> = new Set(['miss', 'stale', 'refresh']);

/**
 * lru-cache 10 and 11: `fetch` runs `fetchMethod` for what is missing or stale, and shares what is in flight. Which of these it
 * did it says in the status it is given.
 */
export const lruCache: LibraryAdapter = {
  name: 'lru-cache',
  versions: '>=10.0.0 <12.0.0',
  since: '7.0.0',
  patch(exports) {
    const prototype = (exports['LRUCache'] as { prototype?: Cache } | undefined)?.prototype;
    if (typeof prototype?.fetch !== 'function') return null;
    const { fetch } = prototype;
    const caches = new WeakMap<Cache, PromiseCache>();
    prototype.fetch = dressed(function watched(this: Cache, ...args: [key: unknown, options?: unknown]) {
      if (this.fetchMethod === undefined) return Reflect.apply(fetch, this, args);
      const cache = caches.get(this) ?? new PromiseCache(placeOfUse('LRUCache', ['fetch', 'forceFetch']));
      caches.set(this, cache);
      const [key, options = {}] = args;
      const asked = new AskedStatus(options);
      const call = (): Promise<unknown> => asked.during(() => Reflect.apply(fetch, this, [key, options]));
      return cache.shared(
        key,
        cache.computed(key, call, () => COMPUTES.has(asked.fetch)),
      );
    }, fetch);
    return () => Object.assign(prototype, { fetch });
  },
};

/** Statuses that are dept's, not the program's: a set of options may be used again inside its own call. */
const lent = new WeakSet<object>();

/**
 * Where the package writes what it did: the status in the options of the program or, while the call runs, one of dept's. The
 * options stay the program's own object, with its prototype and all that is wrong with it.
 */
class AskedStatus {
  readonly #options: unknown;
  readonly #status: object | null;

  constructor(options: unknown) {
    const given = optionOf(options, 'status');
    this.#options = options;
    if (isObject(given) && !lent.has(given)) this.#status = given;
    else this.#status = isLendable(options, given) ? {} : null;
    if (this.#status !== null && this.#status !== given) lent.add(this.#status);
  }

  get fetch(): unknown {
    return optionOf(this.#status, 'fetch');
  }

  during<T>(call: () => T): T {
    const status = this.#status;
    if (status === null || !lent.has(status)) return call();
    const options = this.#options as object;
    const before = Object.getOwnPropertyDescriptor(options, 'status');
    let isWritten = false;
    const set = (): void => {
      isWritten = true;
    };
    Object.defineProperty(options, 'status', { get: () => status, set, enumerable: true, configurable: true });
    try {
      return call();
    } finally {
      if (before === undefined) Reflect.deleteProperty(options, 'status');
      else Object.defineProperty(options, 'status', before);
      // Since 11.3 it writes into the options what it has read there.
      if (isWritten) Reflect.set(options, 'status', undefined);
    }
  }
}

/** What is no such object, or fixed, the package refuses in its own words. */
function isLendable(options: unknown, given: unknown): boolean {
  if (!isObject(options) || types.isProxy(options) || !Object.isExtensible(options)) return false;
  const isFree = given === undefined || (isObject(given) && lent.has(given));
  return isFree && Object.getOwnPropertyDescriptor(options, 'status')?.configurable !== false;
}
