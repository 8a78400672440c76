import type { TrackedObject } from '../../src/core/tracked-object.ts';
import type { How } from '../../src/core/vocabulary.ts';
import * as hooks from '../../src/sync/hooks.ts';
import type { Callable } from '../libraries/adapter.ts';
import { standIn } from '../patches/stand-in.ts';

/**
 * The task, which owes the event of an object while it runs: until the promise it returns is settled, or until it calls its last
 * argument. Only where promises are followed.
 */
export function owingTask<F extends Callable>(task: F, object: () => TrackedObject | null, how: How): F {
  return standIn(task, (self, args) => {
    let result: unknown;
    void hooks.owing(object(), how, null, () => {
      const done = whenCalledBack(args);
      // A slice of its own: what it awaits is not what its caller awaits.
      result = hooks.carry(() => Reflect.apply(task, self, args as never[]))();
      return result instanceof Promise ? result : done;
    });
    return result;
  });
}

/** Fulfilled when the last argument is called, if that is a function. */
function whenCalledBack(args: unknown[]): Promise<void> | null {
  const callback = args.at(-1);
  if (typeof callback !== 'function') return null;
  return new Promise((resolve) => {
    args[args.length - 1] = standIn(callback, (self, results) => {
      resolve();
      return Reflect.apply(callback, self, results);
    });
  });
}
