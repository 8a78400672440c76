import { type ClassKey, USER_SUBCLASSES } from '../core/classes.ts';
import type { Context } from '../core/context.ts';
import type { Observer, Outcome } from '../core/vocabulary.ts';
import type { Wait } from '../core/wait.ts';
import { owedBit } from './event-bits.ts';
import { DEPT_POLICY } from './policy.ts';

/** How one class was waited for, as lock_stat counts it (Documentation/locking/lockstat.rst). */
export interface ClassStatistics {
  /** As reports print the class: `name:sub`. A reader's waits count for the reader's class, `name:8` and up. */
  readonly name: string;
  readonly kind: string;
  readonly site: string | null;
  /** Waits that began. A trylock is none. */
  readonly waits: number;
  /** Of them, those that really blocked. */
  readonly contended: number;
  /** Of the blocked ones, those that gave up after their time. */
  readonly timedOut: number;
  /** Of the blocked ones, those that were called off. */
  readonly cancelled: number;
  /** Of the blocked ones, those that were still blocked when this was read; their time is in no sum. */
  readonly open: number;
  /** Logical ticks between blocking and the end of the wait. */
  readonly totalTicks: number;
  readonly maxTicks: number;
  /** The same in milliseconds; null without a clock. */
  readonly totalMs: number | null;
  readonly maxMs: number | null;
}

export interface StatisticsOptions {
  /** Milliseconds since any fixed point; without one only ticks are known. Read twice for each wait that blocks. */
  readonly clock?: () => number;
}

interface Tally {
  readonly key: ClassKey;
  readonly sub: number;
  waits: number;
  contended: number;
  timedOut: number;
  cancelled: number;
  open: number;
  totalTicks: number;
  maxTicks: number;
  totalMs: number;
  maxMs: number;
}

/**
 * Counts waits for each class. Constant time for each wait; memory for each class and each wait that is blocked now.
 * It gives out no class of its own, so what the tracker finds does not depend on whether it listens.
 */
export class Statistics implements Observer {
  readonly #clock: (() => number) | null;
  readonly #tallies = new Map<ClassKey, Map<number, Tally>>();
  /** When each blocked wait began to block; 0 without a clock. */
  readonly #blocked = new Map<Wait, number>();

  constructor({ clock }: StatisticsOptions = {}) {
    this.#clock = clock ?? null;
  }

  onWait(_context: Context, wait: Wait): void {
    this.#tallyOf(wait).waits++;
  }

  onBlocked(_context: Context, wait: Wait): void {
    if (this.#blocked.has(wait)) return;
    const tally = this.#tallyOf(wait);
    tally.contended++;
    tally.open++;
    this.#blocked.set(wait, this.#clock?.() ?? 0);
  }

  onWaited(wait: Wait, outcome: Outcome): void {
    const since = this.#blocked.get(wait);
    if (since === undefined) return;
    this.#blocked.delete(wait);
    const tally = this.#tallyOf(wait);
    tally.open--;
    if (outcome === 'timed-out') tally.timedOut++;
    else if (outcome === 'cancelled') tally.cancelled++;
    const ticks = (wait.fired ?? wait.blockedAt) - wait.blockedAt;
    tally.totalTicks += ticks;
    tally.maxTicks = Math.max(tally.maxTicks, ticks);
    const ms = this.#clock === null ? 0 : Math.max(0, this.#clock() - since);
    tally.totalMs += ms;
    tally.maxMs = Math.max(tally.maxMs, ms);
  }

  /** What is known now, a row for each class that was waited for, in the order of its first wait within its key. */
  read(): readonly ClassStatistics[] {
    const hasClock = this.#clock !== null;
    return [...this.#tallies.values()].flatMap((subs) =>
      [...subs.values()].map(({ key, sub, totalMs, maxMs, ...counts }) => ({
        name: `${key.name}:${sub}`,
        kind: key.kind,
        site: key.site,
        ...counts,
        totalMs: hasClock ? totalMs : null,
        maxMs: hasClock ? maxMs : null,
      })),
    );
  }

  #tallyOf({ object, how }: Wait): Tally {
    const { key } = object;
    const sub = object.subclass + owedBit(key, how, DEPT_POLICY) * USER_SUBCLASSES;
    let subs = this.#tallies.get(key);
    if (subs === undefined) {
      subs = new Map();
      this.#tallies.set(key, subs);
    }
    let tally = subs.get(sub);
    if (tally === undefined) {
      const counts = { waits: 0, contended: 0, timedOut: 0, cancelled: 0, open: 0 };
      tally = { key, sub, ...counts, totalTicks: 0, maxTicks: 0, totalMs: 0, maxMs: 0 };
      subs.set(sub, tally);
    }
    return tally;
  }
}
