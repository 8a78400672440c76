import type { Semaphore } from 'async-mutex';
import type { EventContext } from '../../src/core/event-context.ts';
import { defineHow } from '../../src/core/how.ts';
import type { TrackedObject } from '../../src/core/tracked-object.ts';
import type { Wait } from '../../src/core/wait.ts';
import * as hooks from '../../src/sync/hooks.ts';
import { trackByFirstUse } from '../first-use.ts';
import type { LibraryAdapter } from './adapter.ts';

const ACQUIRE = defineHow({ startLabel: 'acquire', waitLabel: 'acquire', eventLabel: 'release' });

/** The parts of a Semaphore that its methods share; not in its public types. 0.4 has neither `_queue` nor `_dispatchItem`. */
interface Internals {
  _queue: QueueEntry[];
  _value: number;
  acquire(weight?: number, priority?: number): Promise<[number, () => void]>;
  release(weight?: number): void;
  cancel(): void;
  _dispatchItem(entry: QueueEntry): void;
  _newReleaser(weight: number): () => void;
}

interface QueueEntry {
  [WAIT]?: Wait | null;
}

const OBJECT: unique symbol = Symbol('dept.object');
const WAIT: unique symbol = Symbol('dept.wait');

interface Tracked extends Internals {
  [OBJECT]?: TrackedObject | null;
}

/**
 * async-mutex 0.5. `Mutex`, both `runExclusive` and `withTimeout` all go through `Semaphore.acquire`, so one
 * class sees everything. The grant is taken where it happens, in `_dispatchItem`, not where the waiter resumes.
 */
export const asyncMutex: LibraryAdapter = {
  name: 'async-mutex',
  versions: '>=0.5.0 <0.6.0',
  patch(exports) {
    const semaphore = exports['Semaphore'] as (new (...args: never[]) => Semaphore) | undefined;
    const prototype = semaphore?.prototype as unknown as Tracked | undefined;
    if (prototype === undefined || typeof prototype._dispatchItem !== 'function') return null;
    return patchSemaphore(prototype);
  },
};

function patchSemaphore(prototype: Tracked): () => void {
  const { acquire, release, cancel, _dispatchItem, _newReleaser } = prototype;
  /** The wait of the `acquire` that runs now, for an entry that is dispatched before it is queued. */
  let beginning: Wait | null = null;
  /** The event context that the releaser made next will end. */
  let owing: EventContext | null = null;
  let insideReleaser = false;

  prototype.acquire = {
    acquire(this: Tracked, ...args: [weight?: number, priority?: number]) {
      const object = this[OBJECT] ?? trackByFirstUse('Semaphore', this._value, ['acquire', 'runExclusive']);
      this[OBJECT] = object;
      const wait = hooks.wait(object, ACQUIRE, args[0] === undefined || args[0] === 1 ? null : { permits: args[0] });
      beginning = wait;
      const queued = this._queue.length;
      try {
        const ticket = acquire.apply(this, args);
        if (this._queue.length > queued && wait !== null) {
          tagNewest(this._queue, wait);
          hooks.blocked(wait);
        }
        return hooks.bind(ticket, wait);
      } finally {
        beginning = null;
      }
    },
  }.acquire;
  prototype._dispatchItem = {
    _dispatchItem(this: Tracked, entry: QueueEntry) {
      const wait = entry[WAIT] === undefined ? beginning : entry[WAIT];
      owing = hooks.granted(wait);
      try {
        _dispatchItem.call(this, entry);
      } finally {
        owing = null;
      }
    },
  }._dispatchItem;
  prototype._newReleaser = {
    _newReleaser(this: Tracked, weight: number) {
      const held = owing;
      const releaser = _newReleaser.call(this, weight);
      return () => {
        hooks.exit(held);
        insideReleaser = true;
        try {
          hooks.quietly(releaser);
        } finally {
          insideReleaser = false;
        }
      };
    },
  }._newReleaser;
  prototype.release = {
    release(this: Tracked, ...args: [weight?: number]) {
      if (insideReleaser) return release.apply(this, args);
      hooks.exit(hooks.holderToRelease(this[OBJECT] ?? null));
      return hooks.quietly(() => release.apply(this, args));
    },
  }.release;
  prototype.cancel = {
    cancel(this: Tracked) {
      for (const entry of this._queue) hooks.waited(entry[WAIT] ?? null, 'cancelled');
      return cancel.call(this);
    },
  }.cancel;
  return () => Object.assign(prototype, { acquire, release, cancel, _dispatchItem, _newReleaser });
}

/** The entry that was queued last has no wait yet; priorities decide where in the queue it stands. */
function tagNewest(queue: readonly QueueEntry[], wait: Wait): void {
  for (let i = queue.length - 1; i >= 0; i--) {
    const entry = queue[i];
    if (entry === undefined || entry[WAIT] !== undefined) continue;
    entry[WAIT] = wait;
    return;
  }
}
