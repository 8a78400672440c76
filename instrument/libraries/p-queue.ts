import type { TrackedObject } from '../../src/core/tracked-object.ts';
import { trackByFirstUse } from '../first-use.ts';
import { isTimeout, signalTimeout } from '../node/signal-timeouts.ts';
import { legible, numberOf, optionOf } from '../patches/passed-options.ts';
import { dressed } from '../patches/stand-in.ts';
import { Claim } from '../shapes/claim.ts';
import { howOf } from '../shapes/how.ts';
import { Slots } from '../shapes/slots.ts';
import type { Callable, LibraryAdapter } from './adapter.ts';

const ADD = howOf('add', 'end', { structured: true });
/** What waits for the tasks of a queue, and how many of its slots must be free for that. */
const UNTIL_ALL_END = { onIdle: howOf('onIdle', 'end'), onPendingZero: howOf('onPendingZero', 'end') };
const UNTIL_ALL_BEGIN = { onEmpty: howOf('onEmpty', 'end'), onSizeLessThan: howOf('onSizeLessThan', 'end') };

const METHODS = ['add', 'addAll', ...Object.keys(UNTIL_ALL_END), ...Object.keys(UNTIL_ALL_BEGIN)];

interface AddOptions {
  readonly signal?: object;
  readonly timeout?: number;
}

interface Queue {
  readonly concurrency: number;
  /** After how many milliseconds a task loses its slot, if it has no such time of its own. */
  readonly timeout?: number | undefined;
  readonly size: number;
  readonly pending: number;
  add(task: Callable, options?: AddOptions): Promise<unknown>;
  clear(): unknown;
}

interface Watched {
  readonly object: TrackedObject | null;
  readonly waiting: Set<Claim>;
  readonly slots: Slots;
}

/** p-queue 6 to 10. `addAll` goes through `add`. A queue without a limit is never waited for. */
export const pQueue: LibraryAdapter = {
  name: 'p-queue',
  versions: '>=6.0.0 <11.0.0',
  patch,
};

/** The same for older targets, also in CommonJS. */
export const pQueueCompat: LibraryAdapter = {
  name: 'p-queue-compat',
  versions: '>=1.0.225 <1.1.0',
  patch,
};

function patch(exports: Readonly<Record<string, unknown>>): (() => void) | null {
  const prototype = (exports['default'] as { prototype?: Queue } | undefined)?.prototype;
  return typeof prototype?.add === 'function' && typeof prototype.clear === 'function' ? patchQueue(prototype) : null;
}

function patchQueue(prototype: Queue): () => void {
  const queues = new WeakMap<Queue, Watched>();
  const { add, clear } = prototype;
  // Since 9 a task whose signal aborts leaves the queue; before, it stood there until its turn.
  const endsQueued = /queueAbortHandler|waitingTask/.test(String(add));
  const known = (queue: Queue): Watched => {
    const met = queues.get(queue);
    if (met !== undefined && met.object !== null) return met;
    const { concurrency } = queue;
    const object = Number.isFinite(concurrency) ? trackByFirstUse('PQueue', concurrency, METHODS, 'queue') : null;
    const watched = { object, waiting: new Set<Claim>(), slots: new Slots() };
    queues.set(queue, watched);
    return watched;
  };
  prototype.add = dressed(function watchedAdd(this: Queue, task: Callable, options?: AddOptions): Promise<unknown> {
    const { object, waiting, slots } = known(this);
    if (object === null || typeof task !== 'function') return add.call(this, task, options);
    slots.noteLimit(object, this.concurrency);
    const signal = optionOf(options, 'signal');
    const timeoutMs = sooner(slots.timeoutMs, endsQueued ? signalTimeout(signal) : undefined);
    const claim = new Claim(object, ADD, timeoutMs === undefined ? null : { timeoutMs });
    waiting.add(claim);
    const givesBackAfter = numberOf(options, 'timeout') ?? numberOf(this, 'timeout');
    const slot = slots.task(object, () => this.concurrency, givesBackAfter);
    const begin = (): void => {
      waiting.delete(claim);
      slot.begin();
    };
    const result = add.call(this, claim.whileRunning(task, begin, slot.end), options);
    // Only what can be aborted may be rejected before its turn. What runs too long loses its slot, and may never end.
    if (signal === undefined)
      return givesBackAfter === undefined ? claim.follow(result) : claim.heldUntil(result, () => undefined);
    return claim.refusedBy(result, (reason) => {
      waiting.delete(claim);
      claim.refuse(isTimeout(reason) ? 'timed-out' : 'cancelled');
      claim.expire();
    });
  }, add);
  prototype.clear = dressed(function watchedClear(this: Queue): unknown {
    const { waiting } = known(this);
    for (const claim of waiting) claim.refuse();
    waiting.clear();
    return clear.call(this);
  }, clear);
  const undo = [
    ...Object.entries(UNTIL_ALL_END).map(([name, how]) =>
      patchUntil(prototype, name, (queue) => {
        // Tasks that have ended are waited for as a free lock is. A queue that never had one has no name yet either.
        const hasEnded = queue.pending === 0 && queue.size === 0 && queues.has(queue);
        if (queue.pending === 0 && !hasEnded) return null;
        return new Claim(known(queue).object, how, { permits: queue.concurrency });
      }),
    ),
    ...Object.entries(UNTIL_ALL_BEGIN).map(([name, how]) =>
      patchUntil(prototype, name, (queue, limit = 1) => {
        return queue.size >= (legible(() => Number(limit)) ?? Infinity) ? new Claim(known(queue).object, how) : null;
      }),
    ),
  ];
  return () => {
    Object.assign(prototype, { add, clear });
    for (const restore of undo) restore();
  };
}

function sooner(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || (other !== undefined && other < one) ? other : one;
}

/** `claimFor` makes the claim of a call that will have to wait. */
function patchUntil(
  prototype: object,
  name: string,
  claimFor: (queue: Queue, limit: unknown) => Claim | null,
): () => void {
  const methods = prototype as Record<string, (...args: unknown[]) => Promise<unknown>>;
  const original = methods[name];
  if (original === undefined) return () => undefined;
  methods[name] = dressed(function until(this: Queue, ...args: unknown[]): Promise<unknown> {
    const claim = claimFor(this, args[0]);
    const result = original.apply(this, args);
    return claim === null ? result : claim.firedBy(result);
  }, original);
  return () => {
    methods[name] = original;
  };
}
