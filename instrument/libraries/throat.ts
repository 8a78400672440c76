import { standIn } from '../patches/stand-in.ts';
import { Claim } from '../shapes/claim.ts';
import { howOf } from '../shapes/how.ts';
import { MadeObject } from '../shapes/made-object.ts';
import type { Callable, LibraryAdapter } from './adapter.ts';

const RUN = howOf('throat', 'end', { structured: true });

type Run = (this: unknown, ...args: unknown[]) => unknown;
type Maker = (...args: unknown[]) => unknown;

/** throat 4 to 6: all closures, so the function that makes them is replaced. */
export const throat: LibraryAdapter = {
  name: 'throat',
  versions: '>=4.0.0 <7.0.0',
  rebinds: ['default'],
  patch(_exports, rebind) {
    const watchedMaker =
      (make: Maker): Maker =>
      (...args) => {
        const made = make(...args);
        const size = args.find((arg) => typeof arg === 'number');
        if (size === undefined || typeof made !== 'function') return made;
        const task = args.find((arg) => typeof arg === 'function');
        const place = new MadeObject('throat', size as number, 'queue');
        if (task === undefined) return watched(made as Run, place);
        // The same as one that is given its task at each call.
        const run = watched(make(size) as Run, place);
        return standIn(made, (self, given) => Reflect.apply(run, self, [task, ...given]));
      };
    return rebind('default', watchedMaker) ? () => undefined : null;
  },
};

function watched(run: Run, place: MadeObject): Run {
  return standIn(run, (self, args) => {
    const [task, ...given] = args;
    if (typeof task !== 'function') return Reflect.apply(run, self, args);
    const claim = new Claim(place.object, RUN);
    return claim.follow(Reflect.apply(run, self, [claim.whileRunning(task as Callable), ...given]) as object);
  });
}
