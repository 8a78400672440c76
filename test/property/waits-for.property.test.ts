import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { EventContext } from '../../src/core/event-context.ts';
import type { Finding } from '../../src/core/finding.ts';
import { COMPLETION, LOCK, READ_LOCK_RECURSIVE, WRITE_LOCK } from '../../src/core/how.ts';
import { Session } from '../../src/core/session.ts';
import type { How } from '../../src/core/vocabulary.ts';
import type { Wait } from '../../src/core/wait.ts';
import { WaitsFor } from '../../src/tracker/waits-for.ts';
import { stuckContexts } from './stuck-oracle.ts';

interface Move {
  readonly kind: 'take' | 'block' | 'give-up' | 'release';
  readonly context: number;
  readonly object: number;
  readonly read: boolean;
  readonly permits: number;
  readonly timed: boolean;
}

/** 0-1 mutexes, 2-3 reader/writer locks, 4-5 pools, 6-7 completions with explicit owners. */
const KINDS = ['mutex', 'mutex', 'rwlock', 'rwlock', 'pool', 'pool', 'completion', 'completion'] as const;
const CAPACITIES = [1, 1, 1, 1, 2, 4, 1, 1];
const CONTEXTS = 7;

const move: fc.Arbitrary<Move> = fc.record({
  kind: fc.oneof(
    { weight: 9, arbitrary: fc.constant('take' as const) },
    { weight: 9, arbitrary: fc.constant('block' as const) },
    { weight: 2, arbitrary: fc.constant('give-up' as const) },
    { weight: 1, arbitrary: fc.constant('release' as const) },
  ),
  context: fc.nat(CONTEXTS - 1),
  object: fc.nat(KINDS.length - 1),
  read: fc.boolean(),
  permits: fc.integer({ min: 1, max: 2 }),
  timed: fc.nat(19).map((n) => n === 0),
});

type Mode = 'write' | 'read' | 'owes';

let moves = 0;
let deadlocks = 0;

class Comparison {
  readonly session = new Session();
  readonly found: Finding[] = [];
  readonly contexts = Array.from({ length: CONTEXTS }, (_, i) => this.session.exactContext(`${i}`));
  readonly objects = KINDS.map((kind, i) =>
    this.session.object({ kind, name: `${kind}${i}`, capacity: CAPACITIES[i]! }),
  );
  holds: { context: number; object: number; mode: Mode; permits: number; held: EventContext }[] = [];
  waits: { context: number; object: number; mode: 'write' | 'read'; permits: number; timed: boolean; wait: Wait }[] =
    [];

  constructor() {
    this.session.addObserver(new WaitsFor(this.session, { onFinding: (finding) => this.found.push(finding) }));
  }

  apply(step: Move): void {
    moves++;
    const own = this.waits.find(({ context }) => context === step.context);
    if (step.kind === 'give-up') {
      if (own === undefined) return;
      this.waits.splice(this.waits.indexOf(own), 1);
      this.session.waited(own.wait, 'cancelled');
    } else if (own !== undefined) return;
    else if (step.kind === 'release') this.#release(step);
    else if (step.kind === 'take') this.#take(step);
    else this.#block(step);
  }

  #release({ context }: Move): void {
    const at = this.holds.findIndex((hold) => hold.context === context);
    if (at < 0) return;
    const [{ held, object }] = this.holds.splice(at, 1) as [(typeof this.holds)[0]];
    // Whoever could go on at once would not be blocked any more; such states are left out.
    if (this.waits.some((wait) => wait.object === object)) this.holds.push({ context, object, held, ...rest(held) });
    else this.session.exit(held, this.contexts[context]!);
  }

  #isFree({ object, read, permits }: Move): boolean {
    const holders = this.holds.filter((hold) => hold.object === object);
    if (KINDS[object] === 'completion') return true;
    if (KINDS[object] === 'pool') {
      return CAPACITIES[object]! - holders.reduce((sum, hold) => sum + hold.permits, 0) >= permits;
    }
    return (
      holders.length === 0 || (this.#mode(object, read) === 'read' && holders.every(({ mode }) => mode === 'read'))
    );
  }

  #mode(object: number, read: boolean): 'write' | 'read' {
    return read && KINDS[object] === 'rwlock' ? 'read' : 'write';
  }

  #take(step: Move): void {
    if (!this.#isFree(step)) return;
    const { context, object, permits } = step;
    const mode: Mode = KINDS[object] === 'completion' ? 'owes' : this.#mode(object, step.read);
    const held = this.session.enter(this.objects[object]!, howOf(mode), { permits }, this.contexts[context]!);
    this.holds.push({ context, object, mode, permits, held });
  }

  #stuck(): Set<number> {
    return stuckContexts({ holds: this.holds, waits: this.waits, capacities: CAPACITIES });
  }

  #block(step: Move): void {
    const { context, object, permits, timed } = step;
    const isCompletion = KINDS[object] === 'completion';
    if (!isCompletion && this.#isFree(step)) return;
    const mode = this.#mode(object, step.read);
    const before = this.#stuck();
    const known = this.found.length;
    const more = timed ? { permits, timeoutMs: 5 } : { permits };
    const how = isCompletion ? COMPLETION : howOf(mode);
    const wait = this.session.wait(this.objects[object]!, how, more, this.contexts[context]!);
    this.waits.push({ context, object, mode, permits, timed, wait });
    this.session.blocked(wait);
    const after = this.#stuck();
    const fresh = this.found.slice(known);
    if (before.size === 0) expect(fresh).toHaveLength(after.size > 0 ? 1 : 0);
    else expect(fresh.length).toBeLessThanOrEqual(after.has(context) ? 1 : 0);
    for (const { circle } of fresh) {
      deadlocks++;
      for (const { context: of } of circle) expect([...after]).toContain(Number(of.name));
      for (const [i, { to }] of circle.entries()) expect(to.key).toBe(circle.at(i - 1)!.from.key);
    }
  }
}

function rest(held: EventContext): { mode: Mode; permits: number } {
  const mode = held.how.sleeps ? 'owes' : held.how.mode;
  return { mode, permits: held.more?.permits ?? 1 };
}

function howOf(mode: Mode): How {
  if (mode === 'owes') return COMPLETION;
  return mode === 'read' ? READ_LOCK_RECURSIVE : mode === 'write' ? WRITE_LOCK : LOCK;
}

test('a deadlock is reported at the block after which a naive fixpoint finds somebody stuck, and only there', () => {
  fc.assert(
    fc.property(fc.array(move, { minLength: 20, maxLength: 60 }), (steps) => {
      const comparison = new Comparison();
      for (const step of steps) comparison.apply(step);
    }),
    { seed: 20_261, numRuns: 1500 },
  );
  expect(moves).toBeGreaterThan(30_000);
  expect(deadlocks).toBeGreaterThan(500);
});
