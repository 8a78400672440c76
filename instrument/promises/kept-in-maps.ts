import { inspect } from 'node:util';

/** How many promises are remembered: the newest ones. */
const MAX_KEPT = 1024;

/**
 * Promises that the program keeps in maps, as caches and containers do. One that is still pending when nothing is left to run
 * is what factories that await each other leave behind; so then the heap is worth a look.
 */
export class KeptInMaps {
  readonly #kept: WeakRef<Promise<unknown>>[] = [];
  #next = 0;

  /** @returns what restores `Map.prototype.set`, unless somebody has replaced it since */
  install(): () => void {
    const { set } = Map.prototype;
    const keep = (promise: Promise<unknown>): void => this.#keep(promise);
    const watched = {
      set(this: Map<unknown, unknown>, key: unknown, value: unknown): Map<unknown, unknown> {
        if (typeof value === 'object' && value instanceof Promise) keep(value);
        return set.call(this, key, value);
      },
    }.set;
    Object.defineProperty(Map.prototype, 'set', { value: watched, writable: true, configurable: true });
    return () => {
      if (Map.prototype.set !== watched) return;
      Object.defineProperty(Map.prototype, 'set', { value: set, writable: true, configurable: true });
    };
  }

  /** True while one of them is pending. O(promises remembered), some microseconds each: for the end of a program. */
  get hasPending(): boolean {
    return this.#kept.some((kept) => {
      const promise = kept.deref();
      return promise !== undefined && isPending(promise);
    });
  }

  #keep(promise: Promise<unknown>): void {
    this.#kept[this.#next] = new WeakRef(promise);
    this.#next = (this.#next + 1) % MAX_KEPT;
  }
}

/** Nothing of what the promise holds is looked at. */
export function isPending(promise: Promise<unknown>): boolean {
  return /^[^{]*\{\s*<pending>/.test(inspect(promise, { depth: 0, customInspect: false, maxStringLength: 0 }));
}
