import { numberOf } from '../patches/passed-options.ts';
import { standIn } from '../patches/stand-in.ts';
import { Claim } from '../shapes/claim.ts';
import { howOf } from '../shapes/how.ts';
import { MadeObject } from '../shapes/made-object.ts';
import type { Callable, LibraryAdapter } from './adapter.ts';

const LIMIT = howOf('limit', 'end', { structured: true });

type Limit = (task: Callable) => Promise<unknown>;
type Maker = (quota: object) => Limit;

/** p-ratelimit 1: all closures, so the function that makes them is replaced. To wait for a rate is to wait for nobody. */
export const pRateLimit: LibraryAdapter = {
  name: 'p-ratelimit',
  versions: '>=1.0.0 <2.0.0',
  rebinds: ['pRateLimit'],
  patch(_exports, rebind) {
    const watchedMaker = (make: Maker): Maker =>
      standIn(make, (self, args) => {
        const limit = Reflect.apply(make, self, args as [object]);
        const concurrency = numberOf(args[0], 'concurrency');
        return concurrency === undefined ? limit : watched(limit, concurrency, numberOf(args[0], 'maxDelay') ?? 0);
      });
    return rebind('pRateLimit', watchedMaker) ? () => undefined : null;
  },
};

function watched(limit: Limit, concurrency: number, maxDelay: number): Limit {
  if (typeof limit !== 'function') return limit;
  const made = new MadeObject('p-ratelimit', concurrency, 'queue');
  return standIn(limit, (self, args) => {
    const [task] = args;
    if (typeof task !== 'function') return Reflect.apply(limit, self, args as [Callable]);
    const claim = new Claim(made.object, LIMIT, maxDelay > 0 ? { timeoutMs: maxDelay } : null);
    const result = Reflect.apply(limit, self, [claim.whileRunning(task as Callable)]);
    // Only after a delay is it rejected before its turn.
    return maxDelay > 0 ? claim.refusedBy(result, () => claim.refuse('timed-out')) : claim.follow(result);
  });
}
