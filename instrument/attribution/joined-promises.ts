import type { History } from '../../src/core/history.ts';
import { isPlainPromise } from '../plain-promise.ts';
import { replaced } from '../replaced.ts';

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

/** Who is told of each promise that is joined of others: it settles with its last element only. */
export interface JoinWatcher {
  /** Runs what joins them. */
  joining<T>(run: () => T): T;
  joined(joining: Joining, promise: object, elements: readonly unknown[]): void;
}

/** @returns what restores the original functions */
export function joinPromises(watcher: JoinWatcher): () => void {
  const undo = JOININGS.map((name) => replace(name, watcher));
  return () => {
    for (const restore of undo) restore();
  };
}

function replace(name: Joining, watcher: JoinWatcher): () => void {
  return replaced(Promise, name, (original) => {
    const join = original as (this: PromiseConstructor, values: Iterable<unknown>) => Promise<unknown>;
    return function joinPromises(this: PromiseConstructor, values: Iterable<unknown>): Promise<unknown> {
      let elements: readonly unknown[];
      try {
        elements = [...values];
      } catch (error) {
        return join.call(this, failing(error));
      }
      const promise = watcher.joining(() => join.call(this, elements));
      watcher.joined(name, promise, elements);
      return promise;
    };
  });
}

/** What cannot be iterated rejects the promise; to try again would ask the iterator twice. */
function failing(error: unknown): Iterable<unknown> {
  return {
    [Symbol.iterator]: () => {
      throw error;
    },
  };
}
