import type { TrackedObject } from '../../src/core/tracked-object.ts';
import { trackByFirstUse } from '../first-use.ts';
import { patchClass } from '../patches/class-patch.ts';
import { numberOf } from '../patches/passed-options.ts';
import { dressed, standIn } from '../patches/stand-in.ts';
import { Claim } from '../shapes/claim.ts';
import { howOf } from '../shapes/how.ts';
import { Slots } from '../shapes/slots.ts';
import type { Callable, LibraryAdapter } from './adapter.ts';

const SCHEDULE = howOf('schedule', 'end', { structured: true });

const METHODS = ['schedule', 'submit', 'wrap'];

/** The parts of a job that the limiter works with. */
interface Job {
  task: Callable;
  readonly promise: Promise<unknown>;
  readonly options: { readonly weight?: number; readonly expiration?: number | null };
  doDrop(options?: unknown): unknown;
  /** Since 2.19: it has run for longer than its `expiration`. */
  doExpire?: Callable;
}

interface Limiter {
  readonly _store?: { readonly storeOptions?: { readonly maxConcurrent: number | null } };
  _receive(job: Job): unknown;
  submit(...args: unknown[]): unknown;
  wrap(task: Callable): unknown;
}

/**
 * bottleneck 2. `schedule`, `submit` and what `wrap` makes all hand a job to `_receive`. Only `maxConcurrent` makes slots
 * that a task holds; what waits for time to pass waits for nobody.
 */
export const bottleneck: LibraryAdapter = {
  name: 'bottleneck',
  versions: '>=2.10.0 <3.0.0',
  patch: (exports) => patchClass(exports, '_receive', patchLimiter, ['submit', 'wrap']),
};

function limitOf(limiter: Limiter): number {
  return limiter._store?.storeOptions?.maxConcurrent ?? Infinity;
}

function patchLimiter(prototype: Limiter): () => void {
  const objects = new WeakMap<Limiter, TrackedObject>();
  const slots = new WeakMap<Limiter, Slots>();
  const slotsOf = (limiter: Limiter): Slots => {
    const met = slots.get(limiter) ?? new Slots();
    slots.set(limiter, met);
    return met;
  };
  const { _receive, submit, wrap } = prototype;
  /** True while a job is handed over whose end a callback hears, so that nobody awaits its promise. */
  let isSubmitted = false;
  const known = (limiter: Limiter): TrackedObject | null => {
    const capacity = limitOf(limiter);
    if (!Number.isFinite(capacity)) return null;
    const met = objects.get(limiter) ?? trackByFirstUse('Bottleneck', capacity, METHODS, 'queue');
    if (met !== null) objects.set(limiter, met);
    return met;
  };
  prototype._receive = dressed(function watched(this: Limiter, job: Job): unknown {
    if (typeof job.task !== 'function') return _receive.call(this, job);
    const weight = numberOf(job.options, 'weight') ?? 1;
    const object = known(this);
    const { timeoutMs } = slotsOf(this);
    const more = { ...(weight > 1 && { permits: weight }), ...(timeoutMs !== undefined && { timeoutMs }) };
    slotsOf(this).noteLimit(object, limitOf(this));
    // A job without weight takes no slot.
    const claim = new Claim(weight === 0 ? null : object, SCHEDULE, more);
    if (claim.pending) {
      const slot = slotsOf(this).task(object, () => limitOf(this), numberOf(job.options, 'expiration'));
      job.task = claim.whileRunning(job.task, slot.begin, slot.end);
      const { doDrop } = job;
      job.doDrop = standIn(doDrop, (self, args) => {
        claim.refuse();
        return Reflect.apply(doDrop, self, args);
      });
      const { doExpire } = job;
      if (typeof doExpire === 'function') {
        job.doExpire = standIn(doExpire, (self, args) => {
          claim.expire();
          return Reflect.apply(doExpire, self, args as never[]);
        });
      }
      void claim.follow(job.promise);
      if (isSubmitted) claim.queue();
    }
    return _receive.call(this, job);
  }, _receive);
  prototype.submit = dressed(function watchedSubmit(this: Limiter, ...args: unknown[]): unknown {
    isSubmitted = true;
    try {
      return submit.apply(this, args);
    } finally {
      isSubmitted = false;
    }
  }, submit);
  prototype.wrap = dressed(function watchedWrap(this: Limiter, task: Callable): unknown {
    // The place that wraps says what the limiter is called; those that call what comes out do not.
    known(this);
    return wrap.call(this, task);
  }, wrap);
  return () => void Object.assign(prototype, { _receive, submit, wrap });
}
