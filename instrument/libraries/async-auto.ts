import type { TrackedObject } from '../../src/core/tracked-object.ts';
import * as hooks from '../../src/sync/hooks.ts';
import { howOf } from '../shapes/how.ts';
import { MadeObject } from '../shapes/made-object.ts';
import { standIn } from '../stand-in.ts';
import type { Callable } from './adapter.ts';

const TASK = howOf('run', 'done');
const RESULT = howOf('auto', 'done');

/** A function, or the names of the tasks that it needs and then the function. */
type Task = Callable | readonly unknown[];
type Auto = (tasks: Readonly<Record<string, Task>>, ...rest: unknown[]) => unknown;

/**
 * `auto` of async 3: every task owes the result while it runs, and whoever awaits the promise waits for all of them. What the
 * tasks declare to need of each other the library looks through by itself. Where there is no promise a callback is told, and
 * nobody knows who waits.
 */
export function watchedAuto(auto: Auto): Auto {
  return standIn(auto, (self, args) => {
    const [tasks, ...rest] = args as Parameters<Auto>;
    const count = hooks.activeSession() === null ? 0 : Object.keys(tasks ?? {}).length;
    const { object } = new MadeObject('auto', count || Infinity, 'queue');
    if (object === null) return Reflect.apply(auto, self, args as never);
    const owing = Object.entries(tasks).map(([name, task]) => [name, owed(task, object)] as const);
    const result = Reflect.apply(auto, self, [Object.fromEntries(owing), ...rest] as never);
    return result instanceof Promise ? hooks.share(result, object, RESULT, { permits: count }) : result;
  });
}

function owed(task: Task, object: TrackedObject): Task {
  if (Array.isArray(task)) return [...task.slice(0, -1), owed(task.at(-1) as Task, object)];
  if (typeof task !== 'function') return task;
  const run = standIn(task, (self, args) => {
    let result: unknown;
    void hooks.owing(object, TASK, null, () => {
      const done = whenCalledBack(args);
      result = Reflect.apply(task, self, args as never[]);
      return result instanceof Promise ? result : done;
    });
    return result;
  }) as Callable & { [Symbol.toStringTag]?: unknown };
  // By this the library knows a task that returns a promise.
  const { [Symbol.toStringTag]: tag } = task as typeof run;
  return tag === undefined ? run : Object.defineProperty(run, Symbol.toStringTag, { value: tag });
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
