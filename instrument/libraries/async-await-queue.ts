import { isThenable } from '../../src/core/thenable.ts';
import { applied } from '../patches/applied.ts';
import { patchClass, restoreAll } from '../patches/class-patch.ts';
import { replaced } from '../patches/replaced.ts';
import { standIn } from '../patches/stand-in.ts';
import { Claim } from '../shapes/claim.ts';
import { howOf } from '../shapes/how.ts';
import { UsedInstances } from '../shapes/used-instances.ts';
import type { Callable, LibraryAdapter } from './adapter.ts';

const WAIT = howOf('wait', 'end');
const RUN = howOf('run', 'end', { structured: true });
const FLUSH = howOf('flush', 'end');

interface Queue extends Record<'wait' | 'end' | 'run' | 'flush', Callable> {
  readonly maxConcurrent: number;
  readonly queueRunning: unknown;
}

/** async-await-queue 2.1: a place is taken under a name, and given back by that. `run` goes through both with a name of its own. */
export const asyncAwaitQueue: LibraryAdapter = {
  name: 'async-await-queue',
  versions: '>=2.1.3 <3.0.0',
  patch: (exports) => patchClass<Queue>(exports['Queue'], 'wait', patchQueue, ['end', 'run', 'flush']),
};

function patchQueue(prototype: Queue): (() => void) | null {
  const queues = new UsedInstances<Queue>({
    kindName: 'Queue',
    methods: ['wait', 'run', 'flush'],
    capacity: ({ maxConcurrent, queueRunning }) => (queueRunning instanceof Map ? maxConcurrent : null),
    kind: 'queue',
  });
  const taken = new WeakMap<Queue, Map<unknown, Claim>>();
  /** The queue whose `run` begins now. */
  let running: unknown = null;
  const waiting = (wait: Callable): Callable =>
    standIn(wait, (self, args) => {
      const isPart = running === self;
      running = null;
      const call = (): unknown => applied(wait, self, args);
      const of = self as Queue;
      const object = isPart ? null : queues.of(of);
      if (object === null) return call();
      const claim = new Claim(object, WAIT);
      claim.sleep();
      const own = taken.get(of) ?? new Map<unknown, Claim>();
      taken.set(of, own);
      const result = call();
      return isThenable(result) ? claim.grantedBy(result, () => own.set(args[0], claim)) : result;
    });
  const ending = (end: Callable): Callable =>
    standIn(end, (self, args) => {
      const own = taken.get(self as Queue);
      own?.get(args[0])?.release();
      own?.delete(args[0]);
      return applied(end, self, args);
    });
  const runs = (run: Callable): Callable =>
    standIn(run, (self, args) => {
      const [task, ...rest] = args;
      const object = typeof task === 'function' ? queues.of(self as Queue) : null;
      const claim = object === null ? null : new Claim(object, RUN);
      const given = claim === null ? task : claim.whileRunning(task as Callable);
      running = self;
      try {
        const result = applied(run, self, [given, ...rest]);
        return claim !== null && isThenable(result) ? claim.follow(result) : result;
      } finally {
        running = null;
      }
    });
  const flushing = (flush: Callable): Callable =>
    standIn(flush, (self, args) => {
      const { queueRunning } = self as Queue;
      const isBusy = args.length === 0 && queueRunning instanceof Map && queueRunning.size > 0;
      const object = isBusy ? queues.of(self as Queue) : null;
      const result = applied(flush, self, args);
      if (object === null || !isThenable(result)) return result;
      return new Claim(object, FLUSH, { permits: object.key.capacity }).firedBy(result);
    });
  return restoreAll([
    replaced(prototype, 'wait', waiting),
    replaced(prototype, 'end', ending),
    replaced(prototype, 'run', runs),
    replaced(prototype, 'flush', flushing),
  ]);
}
