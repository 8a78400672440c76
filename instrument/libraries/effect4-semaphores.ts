import type { How } from '../../src/core/vocabulary.ts';
import type { NamedPlace } from '../first-use.ts';
import { type PermitCount, TAKE, type WatchedSemaphore, WITH_PERMITS, watchCount } from './effect-semaphores.ts';
import { EVALUATE, type FiberImpl, type Primitive } from './effect4-fibers.ts';

/** A semaphore of effect 4: `waiters`, `taken` and `withPermit` are own fields, the rest methods. */
export interface Effect4Semaphore extends PermitCount {
  take(permits: number): Primitive;
  takeScoped(permits: number): Primitive;
  withPermits(permits: number): Using;
  withPermit: Using;
}

type Using = (effect: unknown) => Primitive;

/** True for what the makers of semaphores of the versions make whose insides are known. */
export function isKnownSemaphore4(made: Partial<Effect4Semaphore>): made is Effect4Semaphore {
  return (
    made.waiters instanceof Set &&
    typeof made.taken === 'number' &&
    typeof made.take === 'function' &&
    typeof made.takeScoped === 'function' &&
    typeof made.withPermits === 'function' &&
    typeof made.withPermit === 'function' &&
    typeof made.take(1)[EVALUATE] === 'function'
  );
}

/** Watches a semaphore of effect 4, and the effects that it makes: each asks for its permits as soon as it is run. */
export function watchSemaphore4(semaphore: Effect4Semaphore, permits: number, place: NamedPlace): void {
  const watched = watchCount(semaphore, permits, place);
  if (watched === null) return;
  const { take, takeScoped, withPermits } = semaphore;
  semaphore.take = (asked) => asking(take.call(semaphore, asked), watched, asked, TAKE);
  semaphore.takeScoped = (asked) => asking(takeScoped.call(semaphore, asked), watched, asked, TAKE);
  semaphore.withPermits = (asked) => {
    const using = withPermits.call(semaphore, asked);
    return (effect) => asking(using(effect), watched, asked, WITH_PERMITS);
  };
  semaphore.withPermit = semaphore.withPermits(1);
}

function asking(effect: Primitive, watched: WatchedSemaphore, permits: number, how: How): Primitive {
  const run = effect[EVALUATE];
  if (typeof run !== 'function' || !(permits > 0)) return effect;
  const asks = { how, stack: watched.capture() };
  const value = (fiber: FiberImpl): unknown => {
    watched.ask(permits, asks);
    return run.call(effect, fiber);
  };
  Object.defineProperty(effect, EVALUATE, { value, writable: true, configurable: true });
  return effect;
}
