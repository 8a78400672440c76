import { types } from 'node:util';
import type { History } from '../../src/core/history.ts';

// Taken before anything is patched.
const { then } = Promise.prototype;

/** How a promise is made of several. */
export type Joining = 'all' | 'allSettled' | 'any';

const JOININGS: readonly Joining[] = ['all', 'allSettled', 'any'];

/** A promise that settles with its last element: what the others had behind them counts as well, if it had to wait for them. */
export class Joined {
  history: History | null = null;
  readonly #joining: Joining;
  readonly #elements: readonly unknown[];
  #rejections = 0;

  constructor(joining: Joining, elements: readonly unknown[]) {
    this.#joining = joining;
    this.#elements = elements;
  }

  /** Those that it had to wait for, beside the last one: the first rejection settles `all`, the first fulfilment `any`. */
  get awaited(): readonly unknown[] {
    const hasWaited = {
      all: this.#rejections === 0,
      allSettled: true,
      any: this.#rejections === this.#elements.length,
    };
    return hasWaited[this.#joining] ? this.#elements : [];
  }

  /** Counts rejections from now on. They are handled by what joins the elements, so nobody sees that somebody listens. */
  watch(): void {
    if (this.#joining === 'allSettled') return;
    const rejected = (): void => void this.#rejections++;
    for (const element of this.#elements) {
      if (isPlainPromise(element)) void Reflect.apply(then, element, [undefined, rejected]);
    }
  }
}

/**
 * Tells of each promise that is joined of others: it settles with its last element only.
 * @returns what restores the original functions
 */
export function joinPromises(
  joined: (joining: Joining, promise: object, elements: readonly unknown[]) => void,
): () => void {
  const undo = JOININGS.map((name) => replace(name, (promise, elements) => joined(name, promise, elements)));
  return () => {
    for (const restore of undo) restore();
  };
}

function replace(name: Joining, joined: (promise: object, elements: readonly unknown[]) => void): () => void {
  const original = Promise[name];
  const wrapped = {
    [name](this: PromiseConstructor, values: Iterable<unknown>): Promise<unknown> {
      let elements: readonly unknown[];
      try {
        elements = [...values];
      } catch (error) {
        return Reflect.apply(original, this, [failing(error)]) as Promise<unknown>;
      }
      const promise = Reflect.apply(original, this, [elements]) as Promise<unknown>;
      joined(promise, elements);
      return promise;
    },
  }[name] as typeof original;
  Object.defineProperty(Promise, name, { value: wrapped, writable: true, configurable: true });
  return () => {
    // Whoever patched it after us keeps the patch.
    if (Promise[name] !== wrapped) return;
    Object.defineProperty(Promise, name, { value: original, writable: true, configurable: true });
  };
}

/** What cannot be iterated rejects the promise; to try again would ask the iterator twice. */
function failing(error: unknown): Iterable<unknown> {
  return {
    [Symbol.iterator]: () => {
      throw error;
    },
  };
}

/** A reaction to a promise of a subclass would be made by its constructor. */
function isPlainPromise(value: unknown): value is Promise<unknown> {
  return types.isPromise(value) && Object.getPrototypeOf(value) === Promise.prototype;
}
