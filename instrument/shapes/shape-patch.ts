import type { TrackedObject } from '../../src/core/tracked-object.ts';
import type { How, HowMuch } from '../../src/core/vocabulary.ts';
import * as hooks from '../../src/sync/hooks.ts';
import type { Callable } from '../libraries/adapter.ts';
import { applied } from '../patches/applied.ts';
import { legible } from '../patches/passed-options.ts';
import { dressed, standIn } from '../patches/stand-in.ts';
import { Claim } from './claim.ts';
import { howOf } from './how.ts';
import { type Lent, releasing, releasingMethod } from './lent.ts';
import { isPromiseLike } from './promise-like.ts';
import { SectionCalls } from './section-call.ts';
import type { FoundShape, Names, Shape } from './shape.ts';
import { ShapeInstances } from './shape-instances.ts';

interface Target {
  [method: string]: unknown;
}

type Args = readonly unknown[];
type Method = (self: object, original: Callable, args: Args) => unknown;

/** The methods of an object, or of the prototype of a class, that are patched now. */
export interface PatchedShape {
  restore(): void;
  /** What an instance has given out. */
  lentBy(self: object): Lent;
  /** What is asked for by the call that runs now; null outside of one, and when it has begun to wait. */
  readonly asked: Claim | null;
  readonly sections: SectionCalls;
}

/**
 * Patches the methods of an object, or of the prototype of a class, so that dept sees what they do. Methods that are not
 * there are left out. @returns what restores them, or null when there was none
 */
export function patchShape(target: object, shape: Shape): (() => void) | null {
  const patched = patchedShape(target, shape);
  return patched === null ? null : () => patched.restore();
}

/** The same for who has to know what is given out. */
export function patchedShape(target: object, shape: FoundShape): PatchedShape | null {
  const patch = new ShapePatch(target as Target, shape);
  return patch.apply() ? patch : null;
}

const NO_ARGS: Args = Object.freeze([]);

class ShapePatch implements PatchedShape {
  readonly #target: Target;
  readonly #shape: FoundShape;
  readonly #instances: ShapeInstances;
  readonly #undo: (() => void)[] = [];
  asked: Claim | null = null;
  readonly sections: SectionCalls = new SectionCalls();
  /** The object of which a method runs now, as long as it has not called the program back. */
  #inside: object | null = null;

  constructor(target: Target, shape: FoundShape) {
    this.#target = target;
    this.#shape = shape;
    const { acquire, tryAcquire, run, idle, naming, sections } = shape;
    const methods = [acquire, tryAcquire, run, idle, naming, sections].flatMap((names) => list(names));
    this.#instances = new ShapeInstances(target, shape, methods);
  }

  /** @returns false when there is nothing to patch */
  apply(): boolean {
    const { acquire, tryAcquire, release, run, idle, naming, sections, isFree, releaser } = this.#shape;
    const end = this.#releaseLabel();
    for (const name of list(acquire)) {
      const how = howOf(name, this.#releaseLabel(name), this.#modeOf(name));
      if (isFree === undefined || releaser !== undefined) {
        this.#replace(name, (self, original, args) => this.#await(self, how, original, args));
      } else {
        this.#replaceWith(name, (original) => this.#takingFree(original, how, isFree));
      }
    }
    for (const name of list(tryAcquire)) {
      const how = howOf(name, end, { trylock: true });
      this.#replace(name, (self, original, args) => this.#try(self, how, original, args));
    }
    for (const name of list(release)) {
      this.#replaceWith(name, (original) => this.#givingBack(original));
    }
    for (const name of list(run)) {
      const how = howOf(name, 'end', { structured: true, ...this.#modeOf(name) });
      this.#replace(name, (self, original, args) => this.#run(self, how, original, args));
    }
    for (const name of list(sections)) {
      const how = howOf(name, 'end', { structured: true });
      this.#replace(name, (self, original, args) => {
        const object = this.#instances.objectOf(self, args);
        // All that it runs is code of the program.
        const run = (): unknown => this.#call(null, original, self, args);
        return this.sections.run(() => new Claim(object, how), run);
      });
    }
    for (const name of list(idle)) {
      const how = howOf(name, 'end');
      this.#replace(name, (self, original, args) => this.#idle(self, how, original, args));
    }
    for (const name of list(naming)) {
      this.#replace(name, (self, original, args) => {
        this.#instances.of(self);
        return applied(original, self, args);
      });
    }
    return this.#undo.length > 0;
  }

  restore(): void {
    for (const restore of this.#undo.splice(0).reverse()) restore();
  }

  lentBy(self: object): Lent {
    return this.#instances.of(self).lent;
  }

  /** Not by `replaced`, which leaves alone what is fixed: whoever wraps an object is to hear that it cannot be watched. */
  #replaceWith(name: string, wrapping: (original: Callable) => Callable): void {
    const target = this.#target;
    const original = target[name];
    if (typeof original !== 'function') return;
    const descriptor = Object.getOwnPropertyDescriptor(target, name);
    const value = dressed(wrapping(original as Callable), original);
    Object.defineProperty(target, name, {
      configurable: true,
      enumerable: false,
      writable: true,
      ...descriptor,
      value,
    });
    this.#undo.push(() => {
      if (target[name] !== value) return;
      if (descriptor === undefined) delete target[name];
      else Object.defineProperty(target, name, descriptor);
    });
  }

  #replace(name: string, wrapped: Method): void {
    this.#replaceWith(name, (original) => this.#watching(original, wrapped));
  }

  #watching(original: Callable, wrapped: Method): Callable {
    const patch = { of: this };
    return function replacement(this: object, ...args: never[]): unknown {
      return patch.of.#isPart(this) ? Reflect.apply(original, this, args) : wrapped(this, original, args);
    } as Callable;
  }

  /** What a method calls of its own object is part of it. One that is called on nothing fails by itself. */
  #isPart(of: object | undefined): boolean {
    return hooks.activeSession() === null || this.#inside === of || of === undefined || of === null;
  }

  /** Takes one without a wait where it is free. */
  #takingFree(original: Callable, how: How, isFree: NonNullable<Shape['isFree']>): Callable {
    const patch = { of: this };
    const taking: Method = (self, _original, args) => {
      if (typeof last(args) === 'function' || !isFree(self, args.length === 0 ? undefined : args[0])) {
        return this.#await(self, how, original, args);
      }
      // Asked first: the capacity of some is what they have left.
      const object = this.#instances.objectOf(self, args);
      const promise = this.#call(self, original, self, args);
      const held = hooks.taken(object, how, this.#more(self, args));
      return isPromiseLike(promise) ? hooks.bind(promise, held) : promise;
    };
    const general = this.#watching(original, taking);
    const { key, timeoutMs } = this.#shape;
    if (key !== undefined) return general;
    // The same for a call without arguments, as most are: to collect and to pass on none would cost more than all the rest.
    return function replacement(this: object, ...args: never[]): unknown {
      const { of } = patch;
      if (args.length > 0 || of.#isPart(this) || !isFree(this)) return Reflect.apply(general, this, args);
      const { object } = of.#instances.of(this);
      const promise = of.#callBare(original, this);
      const held = hooks.taken(object, how, timeoutMs === undefined ? null : of.#more(this, NO_ARGS));
      return held?.passes === true || !isPromiseLike(promise) ? promise : hooks.bind(promise, held);
    } as Callable;
  }

  #givingBack(original: Callable): Callable {
    const patch = { of: this };
    const general = this.#watching(original, (self, _original, args) => {
      const claim = args.length === 0 ? null : this.#instances.of(self).lent.take(args[0]);
      if (claim !== null) claim.release();
      else this.#giveBack(this.#instances.objectOf(self, args), args);
      // Else nobody hears of what is settled meanwhile.
      return hooks.followsPromises() ? this.#quietly(self, original, args) : this.#call(self, original, self, args);
    });
    if (this.#shape.key !== undefined) return general;
    return function replacement(this: object, ...args: never[]): unknown {
      const { of } = patch;
      if (args.length > 0 || of.#isPart(this) || hooks.followsPromises()) return Reflect.apply(general, this, args);
      of.#giveBack(of.#instances.of(this).object, NO_ARGS);
      return of.#callBare(original, this);
    } as Callable;
  }

  /** Calls what the library does; `inside` is null where it calls the program back. */
  #call(inside: object | null, original: Callable, self: unknown, args: Args): unknown {
    const outer = this.#inside;
    this.#inside = inside;
    try {
      return applied(original, self, args);
    } finally {
      this.#inside = outer;
    }
  }

  /** The same without arguments, as a method of the object: small enough for an engine to put it where it is called. */
  #callBare(original: Callable, self: object): unknown {
    const outer = this.#inside;
    this.#inside = self;
    try {
      return original.call(self);
    } finally {
      this.#inside = outer;
    }
  }

  #await(self: object, how: How, original: Callable, args: Args): unknown {
    const { lent } = this.#instances.of(self);
    const given = this.#shape.callsBack === false ? undefined : last(args);
    const { releaser } = this.#shape;
    const claim = new Claim(this.#instances.objectOf(self, args), how, this.#more(self, args));
    claim.sleep();
    if (typeof given === 'function') {
      const back = this.#callingBack(claim, lent, given as Callable);
      return this.#call(self, original, self, [...args.slice(0, -1), back]);
    }
    const outer = this.asked;
    this.asked = claim;
    let result: unknown;
    try {
      result = this.#refusing(claim, self, original, args);
    } finally {
      this.asked = outer;
    }
    if (!isPromiseLike(result)) {
      claim.grant();
      return this.#lend(claim, lent, result);
    }
    // Only another promise can be fulfilled with another function.
    if (releaser === true) return claim.granting(result, (what) => this.#lend(claim, lent, what));
    return claim.grantedBy(result, (what) => void this.#lend(claim, lent, what));
  }

  #callingBack(claim: Claim, lent: Lent, callback: Callable): Callable {
    return standIn(callback, (self, results) => {
      const [error] = results;
      if (error !== undefined && error !== null && typeof error !== 'function') claim.refuse();
      else {
        claim.grant();
        // A releaser may be all there is, as with a lock that cannot fail.
        const at = typeof error === 'function' ? 0 : 1;
        if (at < results.length) results[at] = this.#lend(claim, lent, results[at]);
      }
      return claim.resume(() => this.#call(null, callback, self, results));
    });
  }

  /** What the caller gets. */
  #lend(claim: Claim, lent: Lent, what: unknown): unknown {
    const { releaser, releasers } = this.#shape;
    if (releaser === true && typeof what === 'function') return releasing(claim, what as Callable);
    const methods = typeof releaser === 'string' ? [releaser] : releasers;
    const isSeen = methods?.map((method) => releasingMethod(claim, what, method)).some((seen) => seen);
    // Nobody will be seen to give that back.
    if (this.#shape.isTicket?.(what, claim) === false || isSeen === false) {
      claim.refuse();
      claim.release();
    } else if (methods === undefined) lent.give(claim, what);
    return what;
  }

  #try(self: object, how: How, original: Callable, args: Args): unknown {
    const { lent } = this.#instances.of(self);
    const result = this.#call(self, original, self, args);
    if (result === undefined || result === null || result === false) return result;
    return this.#lend(new Claim(this.#instances.objectOf(self, args), how), lent, result);
  }

  /** Who gives back without saying what, while nobody has anything, adds to what there is. */
  #giveBack(object: TrackedObject | null, args: Args): void {
    const held = hooks.holderToRelease(object);
    if (held === null && args.length === 0) hooks.countEvent(object);
    hooks.exit(held);
  }

  #quietly(self: object, original: Callable, args: Args): unknown {
    return hooks.quietly(() => this.#call(self, original, self, args));
  }

  #run(self: object, how: How, original: Callable, args: Args): unknown {
    const { taskAt } = this.#shape;
    const at = taskAt ?? args.findIndex((arg) => typeof arg === 'function');
    if (typeof args[at] !== 'function') return this.#call(self, original, self, args);
    const claim = new Claim(this.#instances.objectOf(self, args), how, this.#more(self, args));
    const task = args[at] as Callable;
    const outside = standIn(task, (of, given) => this.#call(null, task, of, given));
    const run = dressed(claim.whileRunning(outside), task);
    const result = this.#refusing(claim, self, original, args.with(at, run));
    return isPromiseLike(result) ? claim.follow(result) : result;
  }

  #idle(self: object, how: How, original: Callable, args: Args): unknown {
    const { object } = this.#instances.of(self);
    if (object === null || !object.isHeld) return this.#call(self, original, self, args);
    const claim = new Claim(object, how, { permits: object.key.capacity });
    const result = this.#refusing(claim, self, original, args);
    return isPromiseLike(result) ? claim.firedBy(result) : result;
  }

  #refusing(claim: Claim, self: object, original: Callable, args: Args): unknown {
    try {
      return this.#call(self, original, self, args);
    } catch (error) {
      claim.refuse();
      throw error;
    }
  }

  #more(self: object, args: Args): HowMuch | null {
    const { timeoutMs: timeoutOf } = this.#shape;
    const timeoutMs = timeoutOf === undefined ? undefined : legible(() => applied(timeoutOf, self, args));
    return typeof timeoutMs === 'number' ? { timeoutMs } : null;
  }

  /** @param taker what is given back by it; readers may have one of their own */
  #releaseLabel(taker?: string): string {
    const { releaser, release, releasers = [] } = this.#shape;
    const all = [...list(release), releaser, ...releasers].filter((name) => typeof name === 'string');
    const own = taker === undefined ? undefined : all.find((name) => isOfReaders(name) === isOfReaders(taker));
    return own ?? all[0] ?? 'release';
  }

  #modeOf(name: string): Partial<How> {
    const { readers } = this.#shape;
    if (readers?.functions.includes(name) !== true) return {};
    return readers.isQueued ? { mode: 'read' } : { mode: 'read', recursive: true, queued: false };
  }
}

function isOfReaders(name: string): boolean {
  return /read|shared/i.test(name);
}

function last(args: Args): unknown {
  return args.length === 0 ? undefined : args[args.length - 1];
}

function list(names: Names | undefined): readonly string[] {
  if (names === undefined) return [];
  return typeof names === 'string' ? [names] : names;
}
