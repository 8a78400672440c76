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

const TAKE = howOf('take', 'release');
const WITH_PERMITS = howOf('withPermits', 'release', { structured: true });
const IF_AVAILABLE = defineHow({
  trylock: true,
  startLabel: 'withPermitsIfAvailable',
  waitLabel: 'withPermitsIfAvailable',
  eventLabel: 'release',
});

type Observer = () => void;

/** An effect that is made when it is run, or of another that is asked what to do with it. */
interface Deferring {
  commit?: () => unknown;
  effect_instruction_i0?: (...args: unknown[]) => unknown;
}

/** A semaphore of effect; all but `free` are own fields. `waiters` and `taken` are not in its public types. */
export interface EffectSemaphore {
  waiters: Set<Observer>;
  taken: number;
  take(permits: number): Deferring;
  withPermits(permits: number): (effect: unknown) => Deferring;
}

/** What an effect that takes permits says about itself: where it was made, and how. */
interface Asking {
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
class WatchedSemaphore {
  readonly #place: NamedPlace;
  readonly #permits: number;
  #object: TrackedObject | null = null;
  /** The one that left the line last; earlier versions take the permits for it there and then. */
  #woken: EffectTake | null = null;
  #asking: Asking | null = null;

  constructor(semaphore: EffectSemaphore, permits: number, place: NamedPlace) {
    this.#permits = permits;
    this.#place = place;
    semaphore.waiters = this.#line();
    this.#countTaken(semaphore);
    this.#watchTake(semaphore);
    this.#watchWithPermits(semaphore);
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

  #countTaken(semaphore: EffectSemaphore): void {
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

  #watchTake(semaphore: EffectSemaphore): void {
    const { take } = semaphore;
    semaphore.take = (permits) => {
      const effect = take(permits);
      const { commit } = effect;
      if (commit === undefined || !(permits > 0)) return effect;
      const asking = this.#asking ?? { how: TAKE, stack: this.#capture() };
      effect.commit = () => {
        this.#ask(permits, asking);
        return commit.call(effect);
      };
      return effect;
    };
  }

  /** Its effect calls `take` when it is run, far away from the code that made it. */
  #watchWithPermits(semaphore: EffectSemaphore): void {
    const { withPermits } = semaphore;
    semaphore.withPermits = (permits) => {
      const using = withPermits(permits);
      return (effect) => {
        const asking = { how: WITH_PERMITS, stack: this.#capture() };
        const made = using(effect);
        const mask = made.effect_instruction_i0;
        if (typeof mask !== 'function') return made;
        made.effect_instruction_i0 = (...args) => {
          this.#asking = asking;
          try {
            return mask(...args);
          } finally {
            this.#asking = null;
          }
        };
        return made;
      };
    };
  }

  #tracked(): TrackedObject | null {
    this.#object ??= hooks.track({ kind: kindOf(this.#permits), ...this.#place, capacity: this.#permits });
    return this.#object;
  }

  /** Stacks cost microseconds, so only while the class has some to spend. */
  #capture(): Stack | null {
    const object = this.#tracked();
    return object !== null && object.key.captures > 0 ? (hooks.activeSession()?.capture() ?? null) : null;
  }

  #ofRunning(): EffectTake | null {
    const { take = null } = runningFiber() ?? {};
    return take?.isFor(this) === true ? take : null;
  }

  #ask(permits: number, { how, stack }: Asking): void {
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
      if (held === null) return;
      hooks.exit(held);
      left -= held.more?.permits ?? 1;
    }
  }
}

/** Watches a semaphore from its making on. One without an end to its permits, or that begins with none, is no lock. */
export function watchSemaphore(semaphore: EffectSemaphore, permits: number, place: NamedPlace): void {
  if (permits > 0 && Number.isFinite(permits)) void new WatchedSemaphore(semaphore, permits, place);
}
