import { isObject } from '../../src/core/thenable.ts';
import { applied } from '../patches/applied.ts';
import { patchClass, restoreAll } from '../patches/class-patch.ts';
import { numberOf } from '../patches/passed-options.ts';
import { replaced } from '../patches/replaced.ts';
import { standIn } from '../patches/stand-in.ts';
import { Claim } from '../shapes/claim.ts';
import { howOf } from '../shapes/how.ts';
import { UsedInstances } from '../shapes/used-instances.ts';
import type { Callable, LibraryAdapter } from './adapter.ts';

const PUSH = howOf('push', 'done', { structured: true });

interface Queue {
  readonly concurrent?: unknown;
  push: Callable;
  destroy: Callable;
  _drained: Callable;
}

/** What runs a batch of tasks. */
interface Worker {
  fn: Callable;
  start: Callable;
  end: Callable;
}

const queues = new UsedInstances<Queue>({
  kindName: 'Queue',
  methods: ['push'],
  capacity: ({ concurrent }) => (typeof concurrent === 'number' ? concurrent : null),
  kind: 'queue',
});
/** A task that has not begun, among those of its queue. */
interface Pushed {
  readonly claim: Claim;
  readonly among: Set<Claim>;
}

/** By ticket. */
const pushed = new WeakMap<object, Pushed>();
/** Of each queue, those of tasks that have not begun. */
const waiting = new WeakMap<object, Set<Claim>>();
/** Those of the batch that begins now. */
let beginning: Claim[] = [];
/** What each worker has begun. */
const running = new WeakMap<object, Claim>();

/**
 * better-queue 3.8: a batch of tasks has a slot until its callback is called. Who pushes one gets a ticket, which tells of its end, and
 * need not wait for that.
 */
export const betterQueue: LibraryAdapter = {
  name: 'better-queue',
  versions: '>=3.8.0 <4.0.0',
  patch: (exports) =>
    restoreAll([
      patchClass<Queue>(
        exports,
        'push',
        (queue) =>
          restoreAll([
            replaced(queue, 'push', pushing),
            replaced(queue, '_drained', clearing),
            replaced(queue, 'destroy', clearing),
          ]),
        ['_drained', 'destroy'],
      ),
      patchClass<{ started: Callable; failed: Callable }>(
        exports,
        'started',
        (ticket) => restoreAll([replaced(ticket, 'started', starting), replaced(ticket, 'failed', failing)]),
        ['failed'],
      ),
      patchClass<Worker>(
        exports,
        'start',
        (worker) => restoreAll([replaced(worker, 'start', beginningBatch), replaced(worker, 'end', ending)]),
        ['end', 'failedBatch' as never],
      ),
    ]),
};

function pushing(push: Callable): Callable {
  return standIn(push, (self, args) => {
    const call = (): unknown => applied(push, self, args);
    const [, known] = args;
    // What waited for the store is pushed once more.
    const object = isObject(known) && pushed.has(known) ? null : queues.of(self as Queue);
    if (object === null) return call();
    const maxTimeout = numberOf(self, 'maxTimeout') ?? Infinity;
    const claim = new Claim(object, PUSH, Number.isFinite(maxTimeout) ? { timeoutMs: maxTimeout } : null);
    const ticket = call();
    if (!isObject(ticket)) {
      claim.refuse();
      return ticket;
    }
    claim.called = ticket;
    claim.queue();
    const among = waiting.get(self as object) ?? new Set<Claim>();
    waiting.set(self as object, among.add(claim));
    pushed.set(ticket, { claim, among });
    return ticket;
  });
}

/** What has not begun by now never will: a task may be left out where it is merged with another one. */
function clearing(end: Callable): Callable {
  return standIn(end, (self, args) => {
    for (const claim of waiting.get(self as object) ?? []) if (claim.pending) claim.refuse();
    waiting.delete(self as object);
    return applied(end, self, args);
  });
}

function starting(started: Callable): Callable {
  return standIn(started, (self, args) => {
    const claim = taken(self as object);
    if (claim !== null) beginning.push(claim);
    return applied(started, self, args);
  });
}

function failing(failed: Callable): Callable {
  return standIn(failed, (self, args) => {
    taken(self as object)?.refuse();
    return applied(failed, self, args);
  });
}

/** The claim of a ticket, which is in no queue any more. */
function taken(ticket: object): Claim | null {
  const known = pushed.get(ticket);
  if (known === undefined) return null;
  pushed.delete(ticket);
  known.among.delete(known.claim);
  return known.claim;
}

function beginningBatch(start: Callable): Callable {
  return standIn(start, (self, args) => {
    const worker = self as Worker;
    const [claim, ...others] = beginning;
    beginning = [];
    const { fn } = worker;
    if (claim === undefined || typeof fn !== 'function') return applied(start, self, args);
    claim.accompany(others);
    running.set(worker, claim);
    const plain: Callable = function plain(this: unknown, ...given: never[]): unknown {
      return Reflect.apply(fn, this, given);
    };
    worker.fn = claim.untilCalledBack(plain, () => {
      for (const other of others) other.fire();
    });
    try {
      return applied(start, self, args);
    } finally {
      worker.fn = fn;
    }
  });
}

/** It has been called back, or the batch is cancelled or has taken too long. */
function ending(end: Callable): Callable {
  return standIn(end, (self, args) => {
    running.get(self as object)?.drop();
    return applied(end, self, args);
  });
}
