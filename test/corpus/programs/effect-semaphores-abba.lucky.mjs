// effect-semaphores-abba [lucky] (effect) - one after the other
import { Effect, Semaphore } from 'effect';
const left = Semaphore.makeUnsafe(1), right = Semaphore.makeUnsafe(1);
const nest = (outer, inner) => outer.withPermits(1)(Effect.gen(function* () { yield* Effect.sleep('5 millis'); yield* inner.withPermits(1)(Effect.sleep('1 millis')); }));
await Effect.runPromise(nest(left, right)); await Effect.runPromise(nest(right, left));
console.log('done');
