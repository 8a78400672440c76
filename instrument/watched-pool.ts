import type { ClassRegistry, ObjectKind } from '../src/core/classes.ts';
import type { EventContext } from '../src/core/event-context.ts';
import { Fiber } from '../src/core/fiber.ts';
import { defineHow } from '../src/core/how.ts';
import type { TrackedObject } from '../src/core/tracked-object.ts';
import type { How, HowMuch, Outcome } from '../src/core/vocabulary.ts';
import type { Wait } from '../src/core/wait.ts';
import * as hooks from '../src/sync/hooks.ts';
import type { NamedPlace } from './first-use.ts';
import { replaced } from './patches/replaced.ts';

/** What a library calls the operations of its pools. */
export interface PoolVerbs {
  readonly acquire: How;
  /** Waiting until every resource is back. */
  readonly drain: How;
  /** Making a resource: its place is taken already. */
  readonly create: How;
}

export function poolVerbs(acquire: string, release: string, drain: string = release): PoolVerbs {
  return Object.freeze({
    acquire: defineHow({ startLabel: acquire, waitLabel: acquire, eventLabel: release }),
    drain: defineHow({ startLabel: drain, waitLabel: drain, eventLabel: release }),
    create: defineHow({ startLabel: 'create', waitLabel: acquire, eventLabel: 'created' }),
  });
}

/** Objects of one place that are told apart; beyond it they share a class. */
const MAX_NAMESAKES = 64;

const pools = new WeakMap<object, WatchedPool>();
const namesakes = new WeakMap<ClassRegistry, Map<string, number>>();

/** Where a pool's class comes from, asked once. @returns null when nobody listens */
type Naming = () => NamedPlace | null;

/** What is known of a library's pool; from its first use on. A pool without a limit is waited for by nobody. */
export function watchedPool(instance: object, verbs: PoolVerbs, capacity: number, naming: Naming): WatchedPool | null {
  const known = pools.get(instance);
  if (known !== undefined) return known;
  const place = Number.isFinite(capacity) ? naming() : null;
  const object = place === null ? null : trackDistinct('pool', place, capacity);
  if (object === null) return null;
  const pool = new WatchedPool(object, verbs);
  pools.set(instance, pool);
  return pool;
}

/** An object with a class of its own, also where one helper function uses them all: they guard different things. */
export function trackDistinct(kind: ObjectKind, { name, site }: NamedPlace, capacity: number): TrackedObject | null {
  const registry = hooks.activeSession()?.classes;
  if (registry === undefined) return null;
  const counts = namesakes.get(registry) ?? new Map<string, number>();
  namesakes.set(registry, counts);
  const count = (counts.get(`${name} ${site}`) ?? 0) + 1;
  counts.set(`${name} ${site}`, count);
  const own = count === 1 || count > MAX_NAMESAKES ? name : `${name}#${count}`;
  return hooks.track({ kind, name: own, site, capacity });
}

/** What is out; a look at the heap finds the one by the other. */
interface Loan {
  readonly held: EventContext | null;
  readonly lent: unknown;
  /** It serves somebody else than whoever took it, for as long as the program wants. */
  readonly isAside: boolean;
}

/** A pool of resources as its adapter tells of it: who waits for one, and who has which. */
export class WatchedPool {
  readonly #object: TrackedObject;
  readonly #verbs: PoolVerbs;
  readonly #loans = new Map<unknown, Loan>();

  constructor(object: TrackedObject, verbs: PoolVerbs) {
    this.#object = object;
    this.#verbs = verbs;
  }

  /**
   * The calling code asks for a resource. It sleeps when it awaits the promise that it gets (`follow`), or at once where it
   * gets none (`blocked`): who asks ahead of time does not wait yet. `timeoutMs` is one that the user chose: a default is
   * nobody's intention.
   */
  ask(timeoutMs?: number): Wait | null {
    return this.#wait(this.#verbs.acquire, typeof timeoutMs === 'number' ? { timeoutMs } : null);
  }

  /** The calling code asks for the moment when every resource is back; it sleeps like one that asks for a resource. */
  askForAll(): Wait | null {
    return this.#wait(this.#verbs.drain, { permits: this.#object.key.capacity });
  }

  /** The resource goes to whoever waits. */
  lend(wait: Wait | null, resource: unknown): void {
    this.#loans.set(resource, { held: hooks.granted(wait), lent: resource, isAside: false });
  }

  /** The resource comes back, or is destroyed; one that is not out changes nothing. */
  takeBack(resource: unknown): void {
    const loan = this.#loans.get(resource);
    if (loan === undefined) return;
    this.#loans.delete(resource);
    if (loan.isAside) this.apart(() => hooks.exit(loan.held));
    else hooks.exit(loan.held);
  }

  /**
   * What was lent is out of the pool for a purpose of its own: nobody who waits for another one counts on it, as long as there
   * is another one. The last one stays with whoever took it.
   */
  setAside(resource: unknown, how: How): void {
    const loan = this.#loans.get(resource);
    if (loan === undefined || loan.held === null || loan.isAside) return;
    const aside = [...this.#loans.values()].filter(({ isAside }) => isAside).length;
    if (aside + 1 >= this.#object.key.capacity) return;
    this.apart(() => {
      hooks.exit(loan.held);
      this.#loans.set(resource, { held: hooks.enter(this.#object, how), lent: resource, isAside: true });
    });
  }

  /**
   * Runs the program's function that makes a resource. Its place in the pool is taken until the promise that it returns has
   * settled. It does so for the pool, not for whoever asked or gave a resource back just now.
   */
  makes<T>(create: () => T): T {
    return this.apart(() => hooks.owing(this.#object, this.#verbs.create, null, create));
  }

  /**
   * Runs what the program does with a resource that the pool itself has done with. One that the pool destroys after another does
   * not come after whatever that one had behind it.
   */
  apart<T>(run: () => T): T {
    const session = hooks.activeSession();
    return session === null ? run() : hooks.stretch(new Fiber(session), run);
  }

  #wait(how: How, more: HowMuch | null): Wait | null {
    return hooks.wait(this.#object, how, more);
  }
}

/**
 * Watches what a method of a pool asks of the program, as when it makes a resource: while it runs, `own` stands in the place of
 * the program's function, or of the factory that has it. A version without such a method is left as it is.
 * @returns what restores it
 */
export function watchFactoryIn<P extends object, F extends keyof P>(
  prototype: P,
  method: string,
  field: F,
  watched: (pool: P) => WatchedPool | null,
  own: (program: P[F], watch: WatchedPool) => P[F],
): () => void {
  const methods = prototype as Record<string, (...args: unknown[]) => unknown>;
  if (typeof methods[method] !== 'function') return () => undefined;
  return replaced(methods, method, (make) => {
    return function makes(this: P, ...args: unknown[]): unknown {
      const watch = watched(this);
      if (watch === null) return Reflect.apply(make, this, args);
      const program = this[field];
      this[field] = own(program, watch);
      try {
        return Reflect.apply(make, this, args);
      } finally {
        this[field] = program;
      }
    };
  });
}

/**
 * The program's factory with some methods replaced. All else of it is there as ever: the pool, and what it calls meanwhile, may
 * ask for the limits that it was made with.
 */
export function factoryWith<F extends object, M extends Partial<F>>(factory: F, methods: M): F {
  const get = (own: M, name: string | symbol): unknown => {
    if (Object.hasOwn(own, name)) return Reflect.get(own, name);
    const value: unknown = Reflect.get(factory, name);
    return typeof value === 'function' ? value.bind(factory) : value;
  };
  return new Proxy(methods, { get }) as unknown as F;
}

/** Ends a wait that got nothing. */
export function refuse(wait: Wait | null, outcome: Outcome = 'cancelled'): void {
  hooks.waited(wait, outcome);
}
