import { applied } from '../patches/applied.ts';
import { replaced } from '../patches/replaced.ts';
import { standIn } from '../patches/stand-in.ts';
import { Claim } from '../shapes/claim.ts';
import { hasMethods } from '../shapes/has-methods.ts';
import { howOf } from '../shapes/how.ts';
import { MadeObject } from '../shapes/made-object.ts';
import type { Callable, LibraryAdapter } from './adapter.ts';

const ADD = howOf('add', 'end', { structured: true });

interface Queue {
  add(task: Callable): Promise<unknown>;
  /** Forgets the tasks that have not begun: they are rejected, or, in `async-storage`, never settled. */
  clear(): void;
}

type Maker = (concurrency: number, ...limits: number[]) => Queue;

/** @henrygd/queue 1, in its three forms: all closures, so the function that makes them is replaced. `all` goes through `add`. */
export const henrygdQueue: LibraryAdapter = {
  name: '@henrygd/queue',
  versions: '>=1.0.0 <2.0.0',
  rebinds: ['newQueue'],
  patch(_exports, rebind) {
    const watchedMaker = (make: Maker): Maker =>
      standIn(make, (self, args) => {
        const queue = applied(make as Callable, self, args);
        if (hasMethods(queue, ['add', 'clear'])) watch(queue as Queue, args[0] as number);
        return queue;
      });
    return rebind('newQueue', watchedMaker) ? () => undefined : null;
  },
};

function watch(queue: Queue, concurrency: number): void {
  const made = new MadeObject('queue', concurrency, 'queue');
  const waiting = new Set<Claim>();
  replaced(queue, 'add', (add) =>
    standIn(add, (self, args) => {
      const [task] = args;
      if (typeof task !== 'function') return applied(add as Callable, self, args);
      const claim = new Claim(made.object, ADD);
      if (claim.pending) waiting.add(claim);
      args[0] = claim.whileRunning(task as Callable, () => waiting.delete(claim));
      return claim.follow(applied(add as Callable, self, args) as Promise<unknown>);
    }),
  );
  replaced(queue, 'clear', (clear) =>
    standIn(clear, (self, args) => {
      for (const claim of waiting) claim.refuse();
      waiting.clear();
      return applied(clear as Callable, self, args);
    }),
  );
}
