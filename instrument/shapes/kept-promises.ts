import type { NamedPlace } from '../first-use.ts';
import { optionOf } from '../patches/passed-options.ts';
import { PromiseCache } from './promise-cache.ts';

export type Func = (this: unknown, ...args: unknown[]) => unknown;

/** What the value of a call is kept as. */
export type KeyOfCall = (args: readonly unknown[]) => unknown;

/**
 * The promises of a program's function that a library calls for what it does not have: it gives everybody what that has returned. So
 * nothing of the library has to be replaced.
 */
export class KeptPromises {
  readonly #fn: Func;
  readonly #keyOf: KeyOfCall;
  readonly #cache: PromiseCache;
  /** Most functions give no promises. */
  #isPlain = false;
  #last: { readonly key: unknown; readonly result: unknown } | null = null;

  /** @param place where the library was given the function */
  constructor(fn: Func, place: NamedPlace, keyOf: KeyOfCall) {
    this.#fn = fn;
    this.#keyOf = keyOf;
    const name: unknown = optionOf(fn, 'name');
    this.#cache = new PromiseCache({ ...place, name: typeof name === 'string' && name !== '' ? name : place.name });
  }

  /** What the library is to call in place of the function. */
  get calling(): Func {
    const kept = { in: this };
    return function computing(this: unknown, ...args: unknown[]): unknown {
      return kept.in.#call(this, args);
    };
  }

  /** The library keeps another promise in place of the one that the function has returned last. */
  keptAs(other: unknown, result: unknown): void {
    const last = this.#last;
    if (last !== null && last.result === result) this.#cache.shared(last.key, other);
  }

  #call(self: unknown, args: unknown[]): unknown {
    if (this.#isPlain) return Reflect.apply(this.#fn, self, args);
    const key = this.#keyOf(args);
    const result = this.#cache.computed(key, () => Reflect.apply(this.#fn, self, args));
    this.#isPlain = !(result instanceof Promise);
    this.#last = { key, result };
    return this.#cache.shared(key, result);
  }
}
