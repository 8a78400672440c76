import { types } from 'node:util';
import type { History } from '../../src/core/history.ts';
import { isObject } from '../../src/core/thenable.ts';
import type { Wait } from '../../src/core/wait.ts';
import { replaced } from '../patches/replaced.ts';
import { keepJoined } from './kept-reactions.ts';
import { firstNote } from './promise-notes.ts';

/** How a promise is made of several. */
export type Joining = 'all' | 'allSettled' | 'any';

const JOININGS: readonly Joining[] = ['all', 'allSettled', 'any'];

type Join = (this: PromiseConstructor, values: Iterable<unknown>) => Promise<unknown>;
type Settle = (value: unknown) => void;
type Executor = (resolve: Settle, reject: Settle) => void;
type Resolve = (element: unknown) => unknown;

// Taken before anything is patched.
const { bind } = Function.prototype;

/** A promise that settles with its last element: what the others had behind them counts as well, if it had to wait for them. */
export class Joined {
  history: History | null = null;
  /** What whoever awaits it sleeps for. */
  waits: readonly Wait[] = [];
  readonly #joining: Joining;
  readonly #elements: readonly unknown[];
  /** The promises that were made of thenables and of values; null where the elements are promises already. */
  readonly #made: unknown[] | null;
  #isSettledByOne = false;

  constructor(joining: Joining, elements: readonly unknown[]) {
    this.#joining = joining;
    this.#elements = elements;
    this.#made = areAllPromises(elements) ? null : [];
  }

  /** Those that it had to wait for, beside the last one: the first rejection settles `all`, the first fulfilment `any`. */
  get awaited(): readonly unknown[] {
    if (this.#isSettledByOne) return [];
    return this.#made === null || this.#made.length === 0 ? this.#elements : this.#made;
  }

  /** An element has turned out to wait for these. @returns false when the promise is settled already, so that nobody awaits them */
  add(waits: readonly Wait[]): boolean {
    if (this.#isSettledByOne) return false;
    this.waits = [...this.waits, ...waits];
    return true;
  }

  /**
   * Joins the elements and hears how the promise is settled. A reaction of our own would tell that as well, but of a promise
   * with two reactions V8 does not know who awaits it: errors would lose the callers from their stacks.
   */
  join(join: Join, type: PromiseConstructor): Promise<unknown> {
    const isPlain = this.#joining === 'allSettled' && this.#made === null;
    if (isPlain || !isPromiseConstructor(type)) return join.call(type, this.#elements);
    return joinHeard(this, join, type, this.#elements);
  }

  /** How elements become promises where it matters which ones: a thenable has nothing behind it, the promise made of it has. */
  taking(resolve: Resolve): Resolve | null {
    const made = this.#made;
    if (made === null) return null;
    return (element) => {
      const promise = resolve(element);
      made.push(promise);
      return promise;
    };
  }

  /** Hands on what settles the promise, and notes when the first element does. */
  execute(executor: Executor, resolve: Settle, reject: Settle): void {
    const heard = (settle: Settle) => (value: unknown) => {
      this.#isSettledByOne = true;
      for (const wait of this.waits) wait.isLeft = wait.pending;
      settle(value);
    };
    if (this.#joining === 'all') executor(resolve, heard(reject));
    else if (this.#joining === 'any') executor(heard(resolve), reject);
    else executor(resolve, reject);
  }
}

/** Values that are no objects do not count. What has a note is a promise, and to look for one is cheaper than to ask the engine. */
function areAllPromises(elements: readonly unknown[]): boolean {
  for (let i = 0; i < elements.length; i++) {
    const element = elements[i];
    if (isObject(element) && firstNote(element) === undefined && !types.isPromise(element)) return false;
  }
  return true;
}

function isPromiseConstructor(type: unknown): boolean {
  return type === Promise || (typeof type === 'function' && Object.prototype.isPrototypeOf.call(Promise, type));
}

/** What is joined now: its promise is made first of all. */
let hearing: Joined | null = null;
/** The same until the engine has asked how its elements become promises, which it does next. */
let asking: Joined | null = null;

function joinHeard(
  joined: Joined,
  join: Join,
  type: PromiseConstructor,
  elements: readonly unknown[],
): Promise<unknown> {
  hearing = joined;
  asking = joined;
  try {
    return join.call(heardType(type), elements);
  } finally {
    hearing = null;
    asking = null;
  }
}

const heardTypes = new WeakMap<PromiseConstructor, PromiseConstructor>();

/** Makes promises of that type whose settling is heard, and takes elements over as it does. One for each type: to make it is slow. */
function heardType(type: PromiseConstructor): PromiseConstructor {
  let heard = heardTypes.get(type);
  if (heard !== undefined) return heard;
  function Heard(executor: Executor): Promise<unknown> {
    const joined = hearing;
    hearing = null;
    if (joined === null) return new type(executor);
    return new type((resolve, reject) => joined.execute(executor, resolve as Settle, reject));
  }
  let last: unknown = null;
  let bound: unknown = null;
  Object.defineProperty(Heard, 'resolve', {
    get: () => {
      const joined = asking;
      asking = null;
      const { resolve } = type;
      if (resolve !== last) {
        last = resolve;
        bound = typeof resolve === 'function' ? Reflect.apply(bind, resolve, [type]) : resolve;
      }
      return (typeof bound === 'function' ? joined?.taking(bound as Resolve) : null) ?? bound;
    },
  });
  heard = Heard as unknown as PromiseConstructor;
  heardTypes.set(type, heard);
  return heard;
}

/** Who is told of each promise that is joined of others: it settles with its last element only. */
export interface JoinWatcher {
  /** @param run joins them; without one, nobody hears how the promise is settled */
  joining(
    joining: Joining,
    elements: readonly unknown[],
    run: (joined: Joined | null) => Promise<unknown>,
  ): Promise<unknown>;
}

/** @returns what restores the original functions */
export function joinPromises(watcher: JoinWatcher): () => void {
  const undo = JOININGS.map((name) =>
    replace(name, (join, type, elements) =>
      watcher.joining(name, elements, (joined) =>
        joined === null ? join.call(type, elements) : joined.join(join, type),
      ),
    ),
  );
  undo.push(replace('race', (join, type, elements) => join.call(type, elements)));
  return () => {
    for (const restore of undo) restore();
  };
}

type Make = (join: Join, type: PromiseConstructor, elements: readonly unknown[]) => Promise<unknown>;

function replace(name: Joining | 'race', make: Make): () => void {
  return replaced(Promise, name, (original) => {
    const join = original as Join;
    return {
      joinPromises(this: PromiseConstructor, values: Iterable<unknown>): Promise<unknown> {
        let elements: readonly unknown[] | null;
        try {
          elements = elementsOf(values);
        } catch (error) {
          return join.call(this, failing(error));
        }
        // V8 says in its own words what cannot be iterated.
        if (elements === null) return join.call(this, values);
        const joined = elements;
        return keepJoined(() => make(join, this, joined));
      },
    }.joinPromises;
  });
}

/** Null for what cannot be iterated. What iterates is asked for once, as by V8: it may be a getter. */
function elementsOf(values: unknown): readonly unknown[] | null {
  if (Array.isArray(values) || types.isSet(values)) return [...(values as Iterable<unknown>)];
  const iterate = (values as Partial<Iterable<unknown>> | null | undefined)?.[Symbol.iterator];
  if (typeof iterate !== 'function') return null;
  return [...{ [Symbol.iterator]: (): Iterator<unknown> => Reflect.apply(iterate, values, []) }];
}

/** An iterator that throws rejects the promise; to try again would ask it twice. */
function failing(error: unknown): Iterable<unknown> {
  return {
    [Symbol.iterator]: () => {
      throw error;
    },
  };
}
