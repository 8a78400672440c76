import { patchClass } from '../patches/class-patch.ts';
import { optionOf } from '../patches/passed-options.ts';
import { dressed } from '../patches/stand-in.ts';
import { Claim } from '../shapes/claim.ts';
import { howOf } from '../shapes/how.ts';
import { UsedInstances } from '../shapes/used-instances.ts';
import type { Callable, LibraryAdapter } from './adapter.ts';

const EXECUTE = howOf('execute', 'end', { structured: true });

/** The parts of a bulkhead that are private in its types only. */
interface Bulkhead {
  readonly capacity: number;
  readonly queueCapacity: number;
  readonly active: number;
  readonly queue: readonly unknown[];
  execute(task: Callable, signal?: AbortSignal): Promise<unknown>;
}

/** cockatiel 3 and 4: the bulkhead. A policy that is made of several executes it like anybody else. */
export const cockatiel: LibraryAdapter = {
  name: 'cockatiel',
  versions: '>=3.0.0 <5.0.0',
  patch: (exports) => patchClass(exports['BulkheadPolicy'], 'execute', patchBulkhead),
};

function patchBulkhead(prototype: Bulkhead): () => void {
  const bulkheads = new UsedInstances<Bulkhead>({
    kindName: 'bulkhead',
    methods: ['execute'],
    capacity: ({ capacity }) => capacity,
    kind: 'queue',
  });
  /** Tasks that stand in the queue: the bulkhead executes them like new ones when it is their turn. */
  const queued = new WeakMap<Callable, Claim>();
  const { execute } = prototype;
  prototype.execute = dressed(function watched(this: Bulkhead, task: Callable, signal?: AbortSignal): Promise<unknown> {
    const own = queued.get(task);
    const isAborted = optionOf(signal, 'aborted') === true;
    if (own !== undefined && isAborted) own.refuse();
    const isFull = this.active >= this.capacity && this.queue.length >= this.queueCapacity;
    if (own !== undefined || isFull || isAborted || typeof task !== 'function') return execute.call(this, task, signal);
    const claim = new Claim(bulkheads.of(this), EXECUTE);
    const run = claim.whileRunning(task);
    if (run !== task) queued.set(run, claim);
    return claim.follow(execute.call(this, run, signal));
  }, execute);
  return () => {
    prototype.execute = execute;
  };
}
