import { defineHow } from '../../src/core/how.ts';
import type { Stack } from '../../src/core/stack.ts';
import type { TrackedObject } from '../../src/core/tracked-object.ts';
import type { How } from '../../src/core/vocabulary.ts';
import * as hooks from '../../src/sync/hooks.ts';
import { kindOf, type NamedPlace } from '../first-use.ts';
import { Claim } from '../shapes/claim.ts';
import { howOf } from '../shapes/how.ts';
import { runningFiber } from './effect-fibers.ts';
import { EffectTake } from './effect-take.ts';

export const TAKE: How = howOf('take', 'release');
export const WITH_PERMITS: How = howOf('withPermits', 'release', { structured: true });
const IF_AVAILABLE = defineHow({
  trylock: true,
  startLabel: 'withPermitsIfAvailable',
  waitLabel: 'withPermitsIfAvailable',
  eventLabel: 'release',
});

/** Stands in line: a function, or since 4.0 an object. */
type Observer = object;

/** An effect that is made when it is run, or of another that is asked what to do with it. */
interface Deferring {
  commit?: () => unknown;
  effect_instruction_i0?: (...args: unknown[]) => unknown;
}

/** What every semaphore of effect keeps; not in its public types. */
export interface PermitCount {
  waiters: Set<Observer>;
  taken: number;
  permits: number;
}

/** A semaphore of effect 3; all but `free` are own fields. */
export interface EffectSemaphore extends PermitCount {
  take(permits: number): Deferring;
  withPermits(permits: number): (effect: unknown) => Deferring;
}

/** What an effect that takes permits says about itself: where it was made, and how. */
export interface Asking {
  readonly how: How;
  readonly stack: Stack | null;
}

/** True for what the makers of semaphores of the versions make whose insides are known. */
export function isKnownSemaphore(made: Partial<EffectSemaphore>): made is EffectSemaphore {
  return (
    made.waiters instanceof Set &&
    typeof made.taken === 'number' &&
    typeof made.take === 'function' &&
    typeof made.withPermits === 'function' &&
    typeof made.take(1).commit === 'function'
  );
}

/** Those who wait for permits, as the semaphore keeps them. */
class Line extends Set<Observer> {
  readonly #enters: (observer: Observer) => void;
  readonly #leaves: (observer: Observer) => void;

  constructor(enters: (observer: Observer) => void, leaves: (observer: Observer) => void) {
    super();
    this.#enters = enters;
    this.#leaves = leaves;
  }

  override add(observer: Observer): this {
    this.#enters(observer);
    return super.add(observer);
  }

  override delete(observer: Observer): boolean {
    const left = super.delete(observer);
    if (left) this.#leaves(observer);
    return left;
  }
}

/** A semaphore whose permits are seen as they are taken and given back: by its count of them and its line of waiters. */
export class WatchedSemaphore {
  readonly #place: NamedPlace;
  readonly #permits: number;
  #object: TrackedObject | null = null;
  /** The one that left the line last; earlier versions take the permits for it there and then. */
  #woken: EffectTake | null = null;

  constructor(semaphore: PermitCount, permits: number, place: NamedPlace) {
    this.#permits = permits;
    this.#place = place;
    semaphore.waiters = this.#line();
    this.#countTaken(semaphore);
    this.#watchSize(semaphore);
  }

  #line(): Line {
    const takes = new WeakMap<Observer, EffectTake>();
    const enters = (observer: Observer): void => {
      const take = this.#ofRunning();
      if (take === null) return;
      takes.set(observer, take);
      take.sleeps();
    };
    const leaves = (observer: Observer): void => {
      const take = takes.get(observer);
      if (take === undefined) return;
      this.#woken = take;
      take.leavesLine();
    };
    return new Line(enters, leaves);
  }

  #countTaken(semaphore: PermitCount): void {
    let { taken } = semaphore;
    const count = (now: number): void => {
      const before = taken;
      taken = now;
      if (now > before) this.#grant(now - before);
      else if (now < before) this.#giveBack(before - now);
    };
    Object.defineProperty(semaphore, 'taken', {
      get: () => taken,
      set: count,
      enumerable: true,
      configurable: true,
    });
  }

  #watchSize(semaphore: PermitCount): void {
    let { permits } = semaphore;
    const resize = (now: number): void => {
      if (now > permits) hooks.addPermits(this.#tracked());
      permits = now;
    };
    Object.defineProperty(semaphore, 'permits', {
      get: () => permits,
      set: resize,
      enumerable: true,
      configurable: true,
    });
  }

  #tracked(): TrackedObject | null {
    this.#object ??= hooks.track({ kind: kindOf(this.#permits), ...this.#place, capacity: this.#permits });
    return this.#object;
  }

  /** Stacks cost microseconds, so only while the class has some to spend. */
  capture(): Stack | null {
    const object = this.#tracked();
    return object !== null && object.key.captures > 0 ? (hooks.activeSession()?.capture() ?? null) : null;
  }

  #ofRunning(): EffectTake | null {
    const { take = null } = runningFiber() ?? {};
    return take?.isFor(this) === true ? take : null;
  }

  /** The fiber that runs now asks for permits. */
  ask(permits: number, { how, stack }: Asking): void {
    const fiber = runningFiber();
    if (fiber === null) return;
    const again = this.#ofRunning();
    if (again !== null) {
      again.asksAgain();
      return;
    }
    fiber.take?.abandon();
    const object = this.#tracked();
    if (object === null) return;
    // A fiber that takes permits one by one, as a producer does, may leave it to another one to give them back.
    const mayBeSignalled = how === TAKE && hooks.activeSession()?.heldBy(object) != null;
    const claim = new Claim(object, how, permits === 1 ? null : { permits });
    if (stack !== null) claim.askedAt(stack);
    if (claim.pending) fiber.take = new EffectTake(claim, fiber, this, mayBeSignalled);
  }

  #grant(permits: number): void {
    const woken = this.#woken?.isWoken === true && this.#woken.isFor(this) ? this.#woken : null;
    const take = this.#ofRunning() ?? woken;
    this.#woken = null;
    if (take !== null) take.grant();
    else void new Claim(this.#tracked(), IF_AVAILABLE, permits === 1 ? null : { permits });
  }

  /** Whoever gives back ends its own holds, the newest first, or the oldest of anybody. */
  #giveBack(permits: number): void {
    for (let left = permits; left > 0; ) {
      const held = hooks.holderToRelease(this.#object);
      if (held === null) {
        hooks.countEvent(this.#tracked());
        return;
      }
      hooks.exit(held);
      left -= held.more?.permits ?? 1;
    }
  }
}

/** Watches a semaphore from its making on. One without an end to its permits, or that begins with none, is no lock. */
export function watchCount(semaphore: PermitCount, permits: number, place: NamedPlace): WatchedSemaphore | null {
  return permits > 0 && Number.isFinite(permits) ? new WatchedSemaphore(semaphore, permits, place) : null;
}

/** Watches a semaphore of effect 3, and the effects that it makes. */
export function watchSemaphore(semaphore: EffectSemaphore, permits: number, place: NamedPlace): void {
  const watched = watchCount(semaphore, permits, place);
  if (watched !== null) watchEffects(semaphore, watched);
}

/** The effect of `withPermits` calls `take` when it is run, far away from the code that made it. */
function watchEffects(semaphore: EffectSemaphore, watched: WatchedSemaphore): void {
  const { take, withPermits } = semaphore;
  let outer: Asking | null = null;
  semaphore.take = (permits) => {
    const effect = take(permits);
    const { commit } = effect;
    if (commit === undefined || !(permits > 0)) return effect;
    const asking = outer ?? { how: TAKE, stack: watched.capture() };
    effect.commit = () => {
      watched.ask(permits, asking);
      return commit.call(effect);
    };
    return effect;
  };
  semaphore.withPermits = (permits) => {
    const using = withPermits(permits);
    return (effect) => {
      const asking = { how: WITH_PERMITS, stack: watched.capture() };
      const made = using(effect);
      const mask = made.effect_instruction_i0;
      if (typeof mask !== 'function') return made;
      made.effect_instruction_i0 = (...args) => {
        outer = asking;
        try {
          return mask(...args);
        } finally {
          outer = null;
        }
      };
      return made;
    };
  };
}
