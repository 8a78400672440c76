import { patchClass } from '../patches/class-patch.ts';
import { dressed } from '../patches/stand-in.ts';
import { Claim } from '../shapes/claim.ts';
import { howOf } from '../shapes/how.ts';
import { UsedInstances } from '../shapes/used-instances.ts';
import type { Callable, LibraryAdapter } from './adapter.ts';

const ADD = howOf('add', 'end', { structured: true });

interface Queue {
  readonly maxPendingPromises: number;
  readonly maxQueuedPromises: number;
  getQueueLength(): number;
  add(task: Callable): Promise<unknown>;
}

/** promise-queue 2. A queue without a limit is never waited for. */
export const promiseQueue: LibraryAdapter = {
  name: 'promise-queue',
  versions: '>=2.2.0 <3.0.0',
  patch: (exports) => patchClass(exports, 'add', patchQueue, ['getQueueLength']),
};

function patchQueue(prototype: Queue): () => void {
  const queues = new UsedInstances<Queue>({
    kindName: 'Queue',
    methods: ['add'],
    capacity: ({ maxPendingPromises }) => maxPendingPromises,
    kind: 'queue',
  });
  const { add } = prototype;
  prototype.add = dressed(function watched(this: Queue, task: Callable): Promise<unknown> {
    const isRefused = this.getQueueLength() >= this.maxQueuedPromises;
    const object = isRefused || typeof task !== 'function' ? null : queues.of(this);
    if (object === null) return add.call(this, task);
    const claim = new Claim(object, ADD);
    return claim.follow(add.call(this, claim.whileRunning(task)));
  }, add);
  return () => {
    prototype.add = add;
  };
}
