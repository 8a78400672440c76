import { standIn } from '../patches/stand-in.ts';
import { Claim } from '../shapes/claim.ts';
import { howOf } from '../shapes/how.ts';
import { MadeObject } from '../shapes/made-object.ts';
import type { Callable, LibraryAdapter } from './adapter.ts';

const LIMIT = howOf('limit', 'end', { structured: true });

/** What `promiseLimit(concurrency)` makes. Its `map` calls what it is a method of. */
interface Limit {
  (task: Callable): Promise<unknown>;
  readonly queue: number;
}

type Maker = (concurrency?: number) => Limit;

/** promise-limit 2: all closures, so the function that makes them is replaced. Without a number it is no limit. */
export const promiseLimit: LibraryAdapter = {
  name: 'promise-limit',
  versions: '>=2.7.0 <3.0.0',
  rebinds: ['default'],
  patch(_exports, rebind) {
    const watchedMaker = (make: Maker): Maker => {
      return (concurrency) => (concurrency ? watched(make(concurrency), concurrency) : make(concurrency));
    };
    return rebind('default', watchedMaker) ? () => undefined : null;
  },
};

function watched(limit: Limit, concurrency: number): Limit {
  if (typeof limit !== 'function' || !('queue' in limit)) return limit;
  const made = new MadeObject('promise-limit', concurrency, 'queue');
  const watchedLimit = standIn(limit, (self, args) => {
    const [task] = args;
    if (typeof task !== 'function') return Reflect.apply(limit, self, args as never);
    const claim = new Claim(made.object, LIMIT);
    return claim.follow(limit(claim.whileRunning(task as Callable)));
  });
  const queue = { get: () => limit.queue, enumerable: true, configurable: true };
  return Object.defineProperty(watchedLimit, 'queue', queue);
}
