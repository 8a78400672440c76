import { dressed, standIn } from '../patches/stand-in.ts';
import { Claim } from '../shapes/claim.ts';
import { hasMethods } from '../shapes/has-methods.ts';
import { howOf } from '../shapes/how.ts';
import { MadeObject } from '../shapes/made-object.ts';
import type { Callable, LibraryAdapter } from './adapter.ts';

const QUEUE = howOf('queue', 'done', { structured: true });

/** What `Pool(spawn, options)` makes; not all of it is in its public types. */
interface Pool {
  readonly workers: readonly unknown[];
  readonly options: { readonly concurrency?: number };
  readonly taskQueue: readonly Task[];
  queue(run: Callable): Task;
  taskCompletion(id: number): Promise<unknown>;
}

/** A call of a worker that waits for its turn: thenable, but no promise. */
interface Task {
  cancel(): void;
}

type Maker = (...args: unknown[]) => Pool;

/** threads 1: a task holds one of the places of its pool while the function runs that was put in its queue. */
export const threads: LibraryAdapter = {
  name: 'threads',
  versions: '>=1.0.0 <2.0.0',
  rebinds: ['Pool'],
  patch(_exports, rebind) {
    const watchedMaker = (make: Maker): Maker => standIn(make, (_self, args) => watched(make(...args)));
    return rebind('Pool', watchedMaker) ? () => undefined : null;
  },
};

function watched(pool: Pool): Pool {
  if (!hasMethods(pool, ['queue', 'taskCompletion']) || !Array.isArray(pool.workers)) return pool;
  const made = new MadeObject('threads', pool.workers.length * (pool.options.concurrency ?? 1), 'pool');
  const { queue, taskCompletion } = pool;
  let arriving: Claim | null = null;
  // The promise that the task hands on; what `queue` returns is no promise.
  pool.taskCompletion = dressed((id: number): Promise<unknown> => {
    const completion = taskCompletion.call(pool, id);
    return arriving === null ? completion : arriving.refusedBy(completion);
  }, taskCompletion);
  pool.queue = dressed((run: Callable): Task => {
    if (typeof run !== 'function') return queue.call(pool, run);
    const claim = new Claim(made.object, QUEUE);
    arriving = claim;
    try {
      const task = queue.call(pool, claim.whileRunning(run));
      const { cancel } = task;
      task.cancel = dressed(() => {
        if (pool.taskQueue.includes(task)) claim.refuse();
        cancel();
      }, cancel);
      // For those who join several.
      return claim.follow(task);
    } catch (error) {
      claim.refuse();
      throw error;
    } finally {
      arriving = null;
    }
  }, queue);
  return pool;
}
