import * as hooks from '../../src/sync/hooks.ts';
import { standIn } from '../patches/stand-in.ts';
import { howOf } from '../shapes/how.ts';
import { MadeObject } from '../shapes/made-object.ts';
import { owingTask } from '../shapes/owed-task.ts';
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
    const made = new MadeObject('auto', 1, 'promise');
    if (made.object === null || typeof tasks !== 'object' || tasks === null) {
      return Reflect.apply(auto, self, args as never);
    }
    const owing = Object.entries(tasks).map(([name, task]) => [name, owed(task, made)] as const);
    const result = Reflect.apply(auto, self, [Object.fromEntries(owing), ...rest] as never);
    return result instanceof Promise ? hooks.share(result, made.object, RESULT) : result;
  });
}

function owed(task: Task, made: MadeObject): Task {
  if (Array.isArray(task)) return [...task.slice(0, -1), owed(task.at(-1) as Task, made)];
  if (typeof task !== 'function') return task;
  const run = owingTask(task, () => made.object, TASK) as Callable & { [Symbol.toStringTag]?: unknown };
  // By this the library knows a task that returns a promise.
  const { [Symbol.toStringTag]: tag } = task as typeof run;
  return tag === undefined ? run : Object.defineProperty(run, Symbol.toStringTag, { value: tag });
}
