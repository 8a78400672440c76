import * as hooks from '../../src/sync/hooks.ts';
import { standIn } from '../patches/stand-in.ts';
import { Claim } from '../shapes/claim.ts';
import { hasMethods } from '../shapes/has-methods.ts';
import { howOf } from '../shapes/how.ts';
import { MadeObject } from '../shapes/made-object.ts';
import type { LibraryAdapter } from './adapter.ts';

const TAKE = howOf('take', 'leave');

type Leave = (permits?: number) => void;
type Task = (leave: Leave) => void;

interface Semaphore {
  readonly capacity: number;
  take(...args: (number | Task)[]): unknown;
  leave: Leave;
}

/** semaphore 1: an object with methods of its own, and a task that is given the way to leave. */
export const semaphore: LibraryAdapter = {
  name: 'semaphore',
  versions: '>=1.0.0 <2.0.0',
  rebinds: ['default'],
  patch(_exports, rebind) {
    const watchedMaker = (make: (capacity?: number) => Semaphore) => (capacity?: number) => watched(make(capacity));
    return rebind('default', watchedMaker) ? () => undefined : null;
  },
};

function watched(made: Semaphore): Semaphore {
  if (!hasMethods(made, ['take', 'leave'])) return made;
  const place = new MadeObject('semaphore', made.capacity);
  const { take, leave } = made;
  made.take = standIn(take, (self, args) => {
    const at = args.findIndex((arg) => typeof arg === 'function');
    const task = args[at] as Task | undefined;
    if (task === undefined) return Reflect.apply(take, self, args as never[]);
    const permits = args.find((arg) => typeof arg === 'number') ?? 1;
    const claim = new Claim(place.object, TAKE, permits === 1 ? null : { permits });
    claim.sleep();
    const begin = standIn(task, (of) => {
      claim.grant();
      const giveBack = standIn(leave, (_of, [count]) => {
        claim.release();
        leave(count as number | undefined);
      });
      return claim.resume(() => Reflect.apply(task, of, [giveBack]));
    });
    return Reflect.apply(take, self, args.with(at, begin) as never[]);
  });
  made.leave = standIn(leave, (_self, [count]) => {
    hooks.exit(hooks.holderToRelease(place.object));
    leave(count as number | undefined);
  });
  return made;
}
