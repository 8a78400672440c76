import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Histories, type History, type Mark } from '../../src/core/history.ts';
import { LOCK } from '../../src/core/how.ts';
import type { Tick } from '../../src/core/ids.ts';
import { Session } from '../../src/core/session.ts';
import { Wait } from '../../src/core/wait.ts';

type Move = { kind: 'wait' | 'join' | 'fork'; a: number; b: number; object: number };

const move: fc.Arbitrary<Move> = fc.record({
  kind: fc.oneof(
    { weight: 5, arbitrary: fc.constant('wait' as const) },
    { weight: 3, arbitrary: fc.constant('join' as const) },
    { weight: 1, arbitrary: fc.constant('fork' as const) },
  ),
  a: fc.nat(5),
  b: fc.nat(5),
  object: fc.nat(5),
});

const markAt = (at: number): Mark => ({ at: at as Tick, held: null, previous: null, next: null });

/** Six slices of code; each knows the set of waits that had to end before it. */
class Comparison {
  readonly session = new Session();
  readonly objects = Array.from({ length: 6 }, (_, i) => this.session.object({ kind: 'mutex', name: `L${i}` }));
  readonly histories: Histories;
  readonly slices: (History | null)[] = Array.from({ length: 6 }, () => null);
  readonly plain: ReadonlySet<Wait>[] = Array.from({ length: 6 }, () => new Set());
  now = 1;

  constructor(maxNodes: number) {
    this.histories = new Histories(maxNodes);
    this.histories.mark(markAt(1));
  }

  apply({ kind, a, b, object }: Move): void {
    if (kind === 'wait') {
      const wait = this.waitAt(++this.now as Tick, object);
      wait.fired = ++this.now as Tick;
      this.slices[a] = this.histories.join(this.slices[a]!, this.histories.step(wait.fired, wait));
      this.plain[a] = new Set([...this.plain[a]!, wait]);
    } else if (kind === 'join') {
      this.slices[a] = this.histories.join(this.slices[a]!, this.slices[b]!);
      this.plain[a] = new Set([...this.plain[a]!, ...this.plain[b]!]);
    } else {
      this.slices[a] = this.slices[b]!;
      this.plain[a] = this.plain[b]!;
    }
  }

  waitAt(begin: Tick, object = 0): Wait {
    return new Wait(this.objects[object]!, LOCK, null, this.session.main, begin, null, null);
  }

  visited(slice: number, since: number): Set<Wait> {
    const waits = new Set<Wait>();
    this.histories.each(this.slices[slice]!, since as Tick, (step) => {
      if (step.wait !== null) waits.add(step.wait);
    });
    return waits;
  }

  expected(slice: number, since: number): Set<Wait> {
    return new Set([...this.plain[slice]!].filter(({ fired }) => (fired ?? 0) >= since));
  }
}

const moves = fc.array(move, { minLength: 10, maxLength: 80 });

describe('causal histories against plain sets', () => {
  test('with room for all, exactly the waits that had to end before, from any point on', () => {
    fc.assert(
      fc.property(moves, fc.nat(100), (steps, share) => {
        const comparison = new Comparison(1e9);
        for (const step of steps) {
          comparison.apply(step);
          const since = Math.floor((comparison.now * share) / 100);
          expect(comparison.visited(step.a, since)).toEqual(comparison.expected(step.a, since));
        }
      }),
      { seed: 5, numRuns: 400 },
    );
  });

  test('compacted, nothing invented, and the last wait for each object kept', () => {
    fc.assert(
      fc.property(moves, (steps) => {
        const comparison = new Comparison(8);
        for (const step of steps) {
          comparison.apply(step);
          const [visited, expected] = [comparison.visited(step.a, 0), comparison.expected(step.a, 0)];
          for (const wait of visited) expect(expected.has(wait)).toBe(true);
          for (const object of comparison.objects) {
            const last = [...expected].filter((wait) => wait.object === object).at(-1);
            if (last === undefined) continue;
            const newest = [...expected].reduce((best, wait) =>
              wait.object === object && (best.object !== object || (wait.fired ?? 0) > (best.fired ?? 0)) ? wait : best,
            );
            expect(visited.has(newest)).toBe(true);
          }
        }
      }),
      { seed: 6, numRuns: 400 },
    );
  });
});

describe('marks', () => {
  test('histories are kept since the oldest mark that is left, in whatever order marks come and go', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 1, max: 50 })), { minLength: 1, maxLength: 60 }),
        (steps) => {
          const histories = new Histories(64);
          const wait = new Comparison(64).waitAt(1 as Tick);
          const open: Mark[] = [];
          for (const [isMark, n] of steps) {
            if (isMark || open.length === 0) {
              const mark = markAt(n);
              histories.mark(mark);
              open.push(mark);
            } else histories.unmark(open.splice(n % open.length, 1)[0]!);
            const oldest = Math.min(...open.map(({ at }) => at), Number.POSITIVE_INFINITY);
            for (const at of [1, 10, 25, 50]) {
              const step = histories.step(at as Tick, wait);
              expect(histories.fresh(step)).toBe(at >= oldest ? step : null);
            }
            expect(histories.active).toBe(open.length > 0);
          }
        },
      ),
      { seed: 7, numRuns: 300 },
    );
  });

  test('what was owed for long keeps its waits when it is handed over', () => {
    const session = new Session();
    const [a, b] = [session.asyncContext('first'), session.asyncContext('second')];
    const [owed, later, lock] = ['owed', 'later', 'lock'].map((name) => session.object({ kind: 'mutex', name }));
    session.current = a;
    const held = session.enter(owed!, LOCK);
    const wait = session.wait(lock!, LOCK);
    session.exit(session.granted(wait));
    session.adopt(wait);
    session.enter(later!, LOCK);
    session.handover(held, b);
    const waits: Wait[] = [];
    b.forEachWait(held.begin, (one) => waits.push(one));
    expect(waits).toEqual([wait]);
    // Nothing newer than the lock's wait is left in the slice's way, so only the mark of what was handed over keeps it.
    session.slice.history = wait.node;
    expect(b.history).toBe(wait.node);
  });
});
