// effect-semaphores-abba [hang] (effect) - two fibers take two semaphores in opposite order
import { Effect, Semaphore } from 'effect';
const left = Semaphore.makeUnsafe(1), right = Semaphore.makeUnsafe(1);
const nest = (outer, inner) => outer.withPermits(1)(Effect.gen(function* () { yield* Effect.sleep('5 millis'); yield* inner.withPermits(1)(Effect.sleep('1 millis')); }));
await Effect.runPromise(Effect.all([nest(left, right), nest(right, left)], { concurrency: 'unbounded' }));
console.log('done');
