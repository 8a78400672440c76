import { clearInterval, setInterval, setTimeout } from 'node:timers';
import { DeptError } from '../src/core/dept-error.ts';
import type { Finding, OpenWait } from '../src/core/finding.ts';
import type { Limits } from '../src/core/limits.ts';
import { MILLISECONDS, shown } from '../src/core/options.ts';
import { checkChoices, choiceKinds, chosen } from './choices.ts';
import type { Config } from './config.ts';
import { CONFIRM_AFTER_MS } from './suspicion.ts';
import { startTracking, type Tracking } from './tracking.ts';

// Taken now: a test may put fake timers in their place, and nothing would ever be confirmed.
const every = setInterval;
const cancel = clearInterval;
const after = setTimeout;

export interface TrackerOptions extends Partial<Pick<Config, 'rules' | 'attribution' | 'stacks'>> {
  readonly limits?: Partial<Limits>;
  /** How long a suspected deadlock must last before it counts, in milliseconds; 250 if not given. */
  readonly confirmAfterMs?: number;
}

/** What a tracker of its own saw of one function. */
export interface Tracked<T> {
  /** In the order in which they were made; notices about the tracker itself are among them. */
  readonly findings: readonly Finding[];
  /** What the function returned; undefined when it deadlocked. */
  readonly value: T | undefined;
  /** False: the function was still waiting when its deadlock was certain. */
  readonly settled: boolean;
  /** Waits that slept when it ended. */
  readonly openWaits: readonly OpenWait[];
}

/** A {@link Tracked} that also knows how its function failed. */
export interface TrackedRun<T> extends Tracked<T> {
  readonly failure: { readonly reason: unknown } | null;
}

const KINDS = choiceKinds({ confirmAfterMs: MILLISECONDS });

interface Running {
  readonly tracking: Tracking;
  readonly end: () => void;
}

let running: Running | null = null;

/**
 * Runs `fn` under a session and a tracker of its own: what it finds is returned and nobody else hears of it. Ends when
 * what `fn` returns has settled, or when a deadlock has lasted for `confirmAfterMs`. Everything this process does
 * meanwhile belongs to this tracker; one that was installed is set aside and goes on afterwards.
 *
 * @returns findings and result; what `fn` throws is thrown
 * @throws DeptError ERR_DEPT_NESTED_TRACKER when another one is running, around this call or at the same time
 */
export async function withTracker<T>(
  fn: () => T | PromiseLike<T>,
  options: TrackerOptions = {},
): Promise<Tracked<Awaited<T>>> {
  const { failure, ...tracked } = await trackRun(fn, options);
  if (failure !== null) throw failure.reason;
  return tracked;
}

/** As {@link withTracker}, but a failure of `fn` is a part of the result. */
export function trackRun<T>(
  fn: () => T | PromiseLike<T>,
  options: TrackerOptions = {},
): Promise<TrackedRun<Awaited<T>>> {
  if (running !== null) {
    const error = new DeptError(
      'ERR_DEPT_NESTED_TRACKER',
      'withTracker was called while another withTracker is running. A process has one tracker at a time: do not nest them, await one before the next, and use no concurrent tests for them.',
    );
    return Promise.reject(error);
  }
  try {
    if (typeof fn !== 'function') {
      throw new DeptError(
        'ERR_DEPT_BAD_OPTION',
        `withTracker(): the first argument is ${shown(fn)}; it must be a function.`,
      );
    }
    checkChoices('withTracker()', options, KINDS);
  } catch (error) {
    return Promise.reject(error as DeptError);
  }
  return tracked(fn, options);
}

/** Ends a withTracker whose function never settled, after its test timed out. @returns the waits it left open */
export function abandonTracker(): readonly OpenWait[] {
  const left = running;
  if (left === null) return [];
  const open = left.tracking.waitsFor.describeOpen();
  left.tracking.stop();
  running = null;
  left.end();
  return open;
}

async function tracked<T>(fn: () => T | PromiseLike<T>, options: TrackerOptions): Promise<TrackedRun<Awaited<T>>> {
  const { confirmAfterMs = CONFIRM_AFTER_MS, limits = {}, ...config } = options;
  const findings: Finding[] = [];
  const ended = latch();
  const tracking = startTracking({
    ...chosen(config),
    limits,
    onFinding: (finding) => {
      findings.push(finding);
      if (finding.kind === 'deadlock') ended.open();
    },
    onFault: ended.open,
  });
  running = { tracking, end: ended.open };
  const { waitsFor } = tracking;
  const timer = every(() => waitsFor.confirm(false), confirmAfterMs);
  try {
    const settlement = settle(fn);
    const result = await Promise.race([settlement, ended.opened]);
    // What fn left behind may have deadlocked: its suspects are confirmed or go away by themselves.
    while (!ended.isOpen && waitsFor.hasSuspects) await Promise.race([ended.opened, pause(confirmAfterMs)]);
    return {
      findings,
      value: result?.value,
      settled: result !== undefined,
      failure: result?.failure ?? null,
      openWaits: waitsFor.describeOpen(),
    };
  } finally {
    cancel(timer);
    if (running?.tracking === tracking) running = null;
    tracking.stop();
  }
}

interface Settlement<T> {
  readonly value: T | undefined;
  readonly failure: { readonly reason: unknown } | null;
}

async function settle<T>(fn: () => T | PromiseLike<T>): Promise<Settlement<Awaited<T>>> {
  try {
    return { value: await fn(), failure: null };
  } catch (reason) {
    return { value: undefined, failure: { reason } };
  }
}

interface Latch {
  readonly opened: Promise<undefined>;
  readonly isOpen: boolean;
  readonly open: () => void;
}

function latch(): Latch {
  let isOpen = false;
  let resolve: (value: undefined) => void = () => undefined;
  const opened = new Promise<undefined>((done) => {
    resolve = done;
  });
  const open = (): void => {
    isOpen = true;
    resolve(undefined);
  };
  return {
    opened,
    open,
    get isOpen() {
      return isOpen;
    },
  };
}

function pause(ms: number): Promise<undefined> {
  return new Promise((done) => after(() => done(undefined), ms));
}
