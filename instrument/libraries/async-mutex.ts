import type { Semaphore } from 'async-mutex';
import type { EventContext } from '../../src/core/event-context.ts';
import { defineHow } from '../../src/core/how.ts';
import type { TrackedObject } from '../../src/core/tracked-object.ts';
import type { How, HowMuch } from '../../src/core/vocabulary.ts';
import type { Refuser, Wait } from '../../src/core/wait.ts';
import * as hooks from '../../src/sync/hooks.ts';
import { trackByFirstUse } from '../first-use.ts';
import type { LibraryAdapter } from './adapter.ts';

const ACQUIRE = defineHow({ startLabel: 'acquire', waitLabel: 'acquire', eventLabel: 'release' });
const RUN_ACQUIRE = defineHow({ ...ACQUIRE, structured: true });
const TRY_ACQUIRE = defineHow({
  trylock: true,
  startLabel: 'tryAcquire',
  waitLabel: 'tryAcquire',
  eventLabel: 'release',
});

/** The parts of a Semaphore that its methods share; not in its public types. 0.4 has neither `_queue` nor `_dispatchItem`. */
interface Internals {
  _queue: QueueEntry[];
  _value: number;
  acquire(weight?: number, priority?: number): Promise<[number, () => void]>;
  runExclusive(...args: unknown[]): Promise<unknown>;
  release(weight?: number): void;
  setValue(value: number): void;
  cancel(): void;
  isLocked(): boolean;
  _dispatchQueue(): void;
  _dispatchItem(entry: QueueEntry): void;
  _newReleaser(weight: number): () => void;
}

interface QueueEntry {
  reject(reason: unknown): void;
  [WAIT]?: Wait | null;
}

const OBJECT: unique symbol = Symbol('dept.object');
const WAIT: unique symbol = Symbol('dept.wait');
const REFUSER: unique symbol = Symbol('dept.refuser');
const LIMIT: unique symbol = Symbol('dept.limit');

interface Tracked extends Internals {
  [OBJECT]?: TrackedObject | null;
  [REFUSER]?: Refuser;
  /** How many permits there were when it was set while nobody had any; undefined: as many as when it was first used. */
  [LIMIT]?: number;
}

const METHODS = [
  ...['acquire', 'release', 'cancel', 'setValue', 'isLocked', 'runExclusive'],
  ...['_dispatchItem', '_newReleaser'],
] as const;

// Taken before it is patched.
const { queueMicrotask: soon } = globalThis;

/** The timeout of the decorated lock whose `acquire` runs now; null for a plain one. */
let timeoutMs: number | null = null;
/** The wait that began in it. */
let timedWait: Wait | null = null;

/**
 * async-mutex 0.5. `Mutex` and both `runExclusive` go through `Semaphore.acquire`, so one class sees everything. The
 * grant is taken where it happens, in `_dispatchItem`, not where the waiter resumes. `withTimeout` and `tryAcquire` go
 * through it too, but only they know that the wait gives up.
 */
export const asyncMutex: LibraryAdapter = {
  name: 'async-mutex',
  versions: '>=0.5.0 <0.6.0',
  rebinds: ['withTimeout'],
  patch(exports, rebind) {
    rebind('withTimeout', decorateTimed);
    const semaphore = exports['Semaphore'] as (new (...args: never[]) => Semaphore) | undefined;
    const prototype = semaphore?.prototype as unknown as Tracked | undefined;
    if (prototype === undefined || METHODS.some((name) => typeof prototype[name] !== 'function')) return null;
    return patchSemaphore(prototype);
  },
};

type Decorate = (this: unknown, sync: unknown, timeout: number, ...rest: unknown[]) => Decorated;

interface Decorated {
  acquire: (...args: unknown[]) => unknown;
}

/** `tryAcquire` is `withTimeout` with 0: it decorates too. */
function decorateTimed(decorate: Decorate): Decorate {
  return {
    withTimeout(this: unknown, sync: unknown, timeout: number, ...rest: unknown[]): Decorated {
      const decorated = decorate.call(this, sync, timeout, ...rest);
      if (typeof decorated?.acquire !== 'function') return decorated;
      const { acquire } = decorated;
      decorated.acquire = (...args) => {
        const outer = [timeoutMs, timedWait] as const;
        timeoutMs = timeout;
        timedWait = null;
        try {
          const ticket = acquire.apply(decorated, args);
          return timedWait === null ? ticket : givingUp(ticket, timedWait);
        } finally {
          [timeoutMs, timedWait] = outer;
        }
      };
      return decorated;
    },
  }.withTimeout;
}

/** Its entry stays in the queue when the time is over; but nobody waits for that any more. */
function givingUp(ticket: unknown, wait: Wait): unknown {
  if (!(ticket instanceof Promise)) return ticket;
  const passed = ticket.catch((reason: unknown) => {
    hooks.waited(wait, 'timed-out');
    throw reason;
  });
  return hooks.bind(passed, wait);
}

function patchSemaphore(prototype: Tracked): () => void {
  const { acquire, runExclusive, release, setValue, cancel, isLocked, _dispatchItem, _newReleaser } = prototype;
  /** How it is asked for: `runExclusive` gives it back itself. */
  let how = ACQUIRE;
  /** What the `acquire` that runs now asks for, for an entry that is dispatched before it is queued. */
  let asked: TrackedObject | null = null;
  let howMuch: HowMuch | null = null;
  /** True while that is a `tryAcquire`. */
  let isAttempt = false;
  /** What the code that runs now has been told to be free: if it takes that, it would not have waited for it. */
  const found: { free: Tracked | null } = { free: null };
  const forget = (): void => {
    found.free = null;
  };
  /** What it has taken at once. */
  let taken: EventContext | null = null;
  /** The event context that the releaser made next will end. */
  let owing: EventContext | null = null;
  let insideReleaser = false;

  prototype.acquire = {
    acquire(this: Tracked, weight?: number, priority?: number) {
      // What is no number the package compares, and fails, in its own promise.
      if (!Array.isArray(this._queue) || typeof this._value !== 'number') return acquire.call(this, weight, priority);
      this[OBJECT] ??= trackByFirstUse('Semaphore', this._value, ['acquire', 'runExclusive']);
      asked = this[OBJECT];
      howMuch = moreOf(weight);
      if (hasGrown(this)) hooks.outgrow(this[OBJECT]);
      isAttempt = timeoutMs === 0;
      const queued = this._queue.length;
      try {
        const ticket = acquire.call(this, weight, priority);
        if (this._queue.length === queued) return hooks.bind(ticket, taken);
        // An attempt that finds the lock taken waits for nobody, even though its entry stands in the queue for a moment.
        return isAttempt ? ticket : hooks.bind(ticket, queueing(this, asked, how, howMuch));
      } finally {
        asked = null;
        taken = null;
      }
    },
  }.acquire;
  prototype.runExclusive = {
    runExclusive(this: Tracked, ...args: unknown[]) {
      // It calls `acquire` before it returns, and the task after that.
      how = RUN_ACQUIRE;
      try {
        return runExclusive.apply(this, args);
      } finally {
        how = ACQUIRE;
      }
    },
  }.runExclusive;
  prototype._dispatchItem = {
    _dispatchItem(this: Tracked, entry: QueueEntry) {
      const wait = entry[WAIT];
      if (wait === undefined) {
        const isFree = isAttempt || found.free === this;
        taken = isFree ? null : hooks.taken(asked, how, howMuch);
        owing = isFree ? hooks.enter(asked, TRY_ACQUIRE, howMuch) : taken;
      } else {
        // An entry may live on for long: its wait need not.
        entry[WAIT] = null;
        // Room was made for it while it waited.
        if (hasGrown(this)) hooks.outgrow(this[OBJECT] ?? null);
        owing = hooks.granted(wait);
      }
      try {
        _dispatchItem.call(this, entry);
      } finally {
        owing = null;
      }
    },
  }._dispatchItem;
  prototype._newReleaser = {
    _newReleaser(this: Tracked, weight: number) {
      let held = owing;
      const releaser = _newReleaser.call(this, weight);
      return () => {
        hooks.exit(held);
        // Promises keep their releasers for long.
        held = null;
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
    release(this: Tracked, weight?: number) {
      if (insideReleaser) return release.call(this, weight);
      const held = hooks.holderToRelease(this[OBJECT] ?? null);
      if (held === null) hooks.countEvent(this[OBJECT] ?? null);
      hooks.exit(held);
      return hooks.quietly(() => release.call(this, weight));
    },
  }.release;
  prototype.isLocked = {
    isLocked(this: Tracked) {
      const isTaken = isLocked.call(this);
      if (!isTaken && found.free !== this) {
        found.free = this;
        soon(forget);
      }
      return isTaken;
    },
  }.isLocked;
  prototype.setValue = {
    setValue(this: Tracked, value: number) {
      const object = this[OBJECT] ?? null;
      if (object?.isHeld !== true && typeof value === 'number') this[LIMIT] = value;
      hooks.addPermits(object);
      return setValue.call(this, value);
    },
  }.setValue;
  prototype.cancel = {
    cancel(this: Tracked) {
      for (const entry of this._queue ?? []) hooks.waited(entry[WAIT] ?? null, 'cancelled');
      return cancel.call(this);
    },
  }.cancel;
  return () =>
    Object.assign(prototype, {
      ...{ acquire, runExclusive, release, setValue, cancel, isLocked },
      ...{ _dispatchItem, _newReleaser },
    });
}

/** True while the permits that are there and those that somebody has are more than the semaphore was made with. */
function hasGrown(semaphore: Tracked): boolean {
  const object = semaphore[OBJECT] ?? null;
  if (object === null || !object.permitsAdded || !object.isHeld) return false;
  const held = object.holders.reduce((sum, { more }) => sum + (more?.permits ?? 1), 0);
  return semaphore._value + held > (semaphore[LIMIT] ?? object.key.capacity);
}

/** The newest entry of the queue begins to wait. */
function queueing(
  semaphore: Tracked,
  object: TrackedObject | null | undefined,
  how: How,
  more: HowMuch | null,
): Wait | null {
  const wait = hooks.wait(object ?? null, how, more);
  if (wait === null) return null;
  tagNewest(semaphore._queue, wait);
  semaphore[REFUSER] ??= { refuse: (refused, reason) => refuse(semaphore, refused, reason) };
  wait.refuser = semaphore[REFUSER];
  hooks.blocked(wait);
  if (timeoutMs !== null) timedWait = wait;
  return wait;
}

/** As `cancel` does, for one entry. */
function refuse(semaphore: Tracked, wait: Wait, reason: Error): void {
  const at = semaphore._queue.findIndex((entry) => entry[WAIT] === wait);
  const [entry] = at < 0 ? [] : semaphore._queue.splice(at, 1);
  if (entry === undefined) return;
  hooks.waited(wait, 'cancelled');
  entry.reject(reason);
  semaphore._dispatchQueue();
}

function moreOf(given: unknown): HowMuch | null {
  const weight = typeof given === 'number' ? given : undefined;
  if (timeoutMs !== null) return weight === undefined ? { timeoutMs } : { timeoutMs, permits: weight };
  return weight === undefined || weight === 1 ? null : { permits: weight };
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
