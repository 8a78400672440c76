import fc from 'fast-check';
import { expect, test } from 'vitest';
import { className } from '../../src/core/classes.ts';
import type { ExactContext } from '../../src/core/context.ts';
import type { Dependency } from '../../src/core/dependency.ts';
import type { EventContext } from '../../src/core/event-context.ts';
import type { Finding } from '../../src/core/finding.ts';
import { COMPLETION, LOCK, READ_LOCK, READ_LOCK_RECURSIVE, TRYLOCK, WRITE_LOCK } from '../../src/core/how.ts';
import { Session } from '../../src/core/session.ts';
import type { TrackedObject } from '../../src/core/tracked-object.ts';
import type { How, HowMuch } from '../../src/core/vocabulary.ts';
import type { Wait } from '../../src/core/wait.ts';
import { DeptTracker } from '../../src/tracker/dept.ts';
import { DeptOracle, type PlainObject, type Rules, type Way } from './dept-oracle.ts';

interface Step {
  readonly kind: (typeof KINDS)[number];
  readonly context: number;
  readonly object: number;
  readonly read: boolean;
  readonly recursive: boolean;
  readonly trylock: boolean;
  readonly nest: number;
  readonly grouped: boolean;
  readonly timed: boolean;
  readonly pick: number;
}

const byNumber = (a: number, b: number): number => a - b;

const KINDS = ['take', 'block', 'sleep', 'resume', 'release', 'request', 'event', 'start', 'irq', 'activity'] as const;
const WEIGHTS = [20, 5, 8, 14, 14, 4, 14, 3, 2, 2];
const CONTEXTS = ['task', 'task', 'task', 'task', 'softirq', 'hardirq'] as const;
const GROUP = {};

const OBJECTS: readonly PlainObject[] = [
  ...['A', 'B', 'C', 'D'].map((name) => ({ className: name, kind: 'mutex' as const, subclass: 0 })),
  { className: 'A', kind: 'mutex' as const, subclass: 0 },
  { className: 'A', kind: 'mutex' as const, subclass: 0 },
  { className: 'B', kind: 'mutex' as const, subclass: 1 },
  { className: 'R', kind: 'rwlock' as const, subclass: 0 },
  { className: 'R', kind: 'rwlock' as const, subclass: 0 },
  { className: 'S', kind: 'rwsem' as const, subclass: 0 },
  { className: 'S', kind: 'rwsem' as const, subclass: 0 },
  ...['P', 'Q', 'P', 'T'].map((name) => ({ className: name, kind: 'completion' as const, subclass: 0 })),
].map((object, id) => ({ id, ...object }));
const LOCKS = OBJECTS.filter(({ kind }) => kind !== 'completion');
const EVENTS = OBJECTS.filter(({ kind }) => kind === 'completion');

const flag = (oneIn: number): fc.Arbitrary<boolean> => fc.nat(oneIn - 1).map((n) => n === 0);
const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.oneof(...KINDS.map((kind, i) => ({ weight: WEIGHTS[i]!, arbitrary: fc.constant(kind) }))),
  context: fc.oneof({ weight: 9, arbitrary: fc.nat(3) }, { weight: 1, arbitrary: fc.integer({ min: 4, max: 5 }) }),
  object: fc.nat(1 << 16),
  read: fc.boolean(),
  recursive: fc.boolean(),
  trylock: flag(6),
  nest: fc.nat(9).map((n) => (n === 0 ? 1 : 0)),
  grouped: flag(10),
  timed: flag(6),
  pick: fc.nat(1 << 16),
});

let operations = 0;
let verdicts = 0;

type Pending = ReturnType<DeptOracle['wait']>;
type Hold = ReturnType<DeptOracle['enter']>;

/** Feeds the same concrete operations to a session with the tracker and to the oracle. */
class Comparison {
  readonly session = new Session();
  readonly oracle: DeptOracle;
  readonly tracker: DeptTracker;
  readonly found: Finding[] = [];
  readonly contexts: ExactContext[];
  readonly objects: TrackedObject[];
  readonly pending: ({ wait: Wait; plain: Pending; object: PlainObject; way: Way; how: How } | null)[];
  readonly held: { held: EventContext; plain: Hold; context: number }[] = [];

  constructor(rules: Rules) {
    this.oracle = new DeptOracle(rules, CONTEXTS);
    this.tracker = new DeptTracker(this.session, {
      rules,
      filters: false,
      onFinding: (finding) => this.found.push(finding),
    });
    this.session.addObserver(this.tracker);
    this.contexts = CONTEXTS.map((kind, i) => this.session.exactContext(`${kind} ${i}`, kind));
    this.objects = OBJECTS.map(({ className: name, kind, subclass }) => this.session.object({ kind, name, subclass }));
    this.pending = CONTEXTS.map(() => null);
  }

  apply(operation: Step): void {
    const known = this.found.length;
    const before = this.session.now;
    this.oracle.verdicts = [];
    this.#perform(operation);
    if (this.session.now !== before || operation.kind === 'activity') operations++;
    this.tracker.store.graph.checkInvariants();
    this.#compare(this.found.slice(known));
  }

  /** A context that waits can only be resumed; anything else is done by the next one that runs. */
  #perform(wanted: Step): void {
    const runs = (context: number): boolean => this.pending[context] === null;
    const stands = wanted.kind === 'resume' || runs(wanted.context);
    const context = stands ? wanted.context : [0, 1, 2, 3].find(runs);
    if (context === undefined) return;
    const operation = { ...wanted, context };
    const { kind, object, timed, pick } = operation;
    this.session.current = this.contexts[context]!;
    const waiting = this.pending[context] ?? null;
    const lock = LOCKS[object % LOCKS.length]!;
    const event = EVENTS[object % EVENTS.length]!;
    if (kind === 'resume') {
      if (waiting !== null && !waiting.how.sleeps) this.#resume(context, pick % 4 !== 0);
      else if (waiting !== null && pick % 4 === 0) this.#end(context, 'cancelled');
    } else if (waiting !== null) return;
    else if (kind === 'take') this.#take(operation, lock);
    else if (kind === 'block') this.#block(context, lock, wayOf(operation), howOf(lock, operation), false);
    else if (kind === 'sleep') this.#block(context, event, { ...PLAIN, timed }, COMPLETION, true);
    else if (kind === 'release') this.#release(context, pick);
    else if (kind === 'request') {
      this.oracle.request(event);
      this.session.request(this.objects[event.id]!);
    } else if (kind === 'event') this.#event(context, event);
    else if (kind === 'start') this.#enter(context, event, COMPLETION, PLAIN);
    else if (kind === 'irq') {
      const irq = pick % 2 === 0 ? 'hardirq' : 'softirq';
      this.oracle.setIrq(context, irq, operation.read);
      this.session.setIrq(irq, operation.read);
    } else {
      this.oracle.newActivity(context);
      this.contexts[context]!.bumpActivity();
    }
  }

  #take(operation: Step, lock: PlainObject): void {
    const way = wayOf(operation);
    if (operation.trylock) {
      this.#enter(operation.context, lock, way.mode === 'read' ? howOf(lock, operation) : TRYLOCK, way);
      return;
    }
    const plain = this.oracle.wait(operation.context, lock, way, false);
    const wait = this.session.wait(this.objects[lock.id]!, howOf(lock, operation), moreOf(way));
    this.oracle.waited(plain);
    const held = this.session.granted(wait);
    this.held.push({ held, plain: this.oracle.enter(operation.context, lock, way), context: operation.context });
  }

  #enter(context: number, object: PlainObject, how: How, way: Way): void {
    const held = this.session.enter(this.objects[object.id]!, how, moreOf(way));
    this.held.push({ held, plain: this.oracle.enter(context, object, way), context });
  }

  #block(context: number, object: PlainObject, way: Way, how: How, sleeps: boolean): void {
    const plain = this.oracle.wait(context, object, way, sleeps);
    const wait = this.session.wait(this.objects[object.id]!, how, moreOf(way));
    this.session.blocked(wait);
    this.pending[context] = { wait, plain, object, way, how };
  }

  #resume(context: number, isGranted: boolean): void {
    const { wait, plain, object, way } = this.pending[context]!;
    if (!isGranted) {
      this.#end(context, 'timed-out');
      return;
    }
    this.pending[context] = null;
    this.oracle.waited(plain);
    this.held.push({ held: this.session.granted(wait), plain: this.oracle.enter(context, object, way), context });
  }

  #end(context: number, outcome: 'fired' | 'cancelled' | 'timed-out'): void {
    const { wait, plain } = this.pending[context]!;
    this.pending[context] = null;
    this.oracle.waited(plain);
    this.session.waited(wait, outcome);
  }

  #release(context: number, pick: number): void {
    const own = this.held.filter((hold) => hold.context === context);
    const hold = own[pick % Math.max(1, own.length)];
    if (hold === undefined) return;
    this.held.splice(this.held.indexOf(hold), 1);
    this.oracle.exit(hold.plain);
    this.session.exit(hold.held);
  }

  #event(context: number, event: PlainObject): void {
    this.oracle.event(context, event, PLAIN);
    this.session.event(this.objects[event.id]!, COMPLETION);
    for (const [i, waiting] of this.pending.entries()) if (waiting?.object === event) this.#end(i, 'fired');
  }

  #compare(fresh: readonly Finding[]): void {
    const { store } = this.tracker;
    const learnt = [...store].map(pairOf).join();
    const expectedPairs = this.oracle.pairs.map(({ from, to, timed }) => `${from} -> ${to}${timed ? ' timed' : ''}`);
    if (learnt !== expectedPairs.join()) expect(learnt.split(',').sort()).toEqual(expectedPairs.sort());
    for (const { circle } of fresh) this.#isReal(circle);
    const expected = this.oracle.verdicts;
    verdicts += expected.length;
    const classes = expected.filter(({ sameClass }) => !sameClass);
    const ofClasses = fresh.filter(({ circle }) => !isOfInstances(circle) || this.oracle.rules === 'linux');
    if (this.oracle.rules === 'linux') {
      expect(ofClasses.map(({ circle }) => pairsIn(circle)).sort(byNumber)).toEqual(
        classes.map(({ shortest }) => shortest).sort(byNumber),
      );
      return;
    }
    this.#compareSoftness(classes, ofClasses);
    const ofInstances = fresh.filter(({ circle }) => isOfInstances(circle));
    const instances = expected.filter(({ sameClass }) => sameClass);
    // A circle may lead through pairs that back off, as long as one of its pairs does not.
    const hasGroups = this.oracle.groupedPairs.size > 0;
    if (!hasGroups) expect(ofInstances.length > 0 && instances.length === 0).toBe(false);
    for (const { shortest, isHard } of instances) {
      // One is told for two of them and for more.
      const [most, how] = [Math.min(shortest, 2), (length: number): number => Math.min(length, 2)];
      const isAlike = (length: number): boolean => (hasGroups ? how(length) <= most : how(length) === most);
      const alike = this.found.filter(({ circle }) => isOfInstances(circle) && isAlike(circle.length));
      expect(alike.length).toBeGreaterThan(0);
      if (!isHard) continue;
      const hard = this.found.filter(({ circle, severity }) => isOfInstances(circle) && severity === 'error');
      expect(hard.length).toBeGreaterThan(0);
    }
  }

  /** A soft circle does not hide a hard one through the same pair: then both are found, the shortest first. */
  #compareSoftness(classes: readonly { shortest: number; isHard: boolean }[], fresh: readonly Finding[]): void {
    expect(fresh.filter(({ severity }) => severity === 'error')).toHaveLength(
      classes.filter(({ isHard }) => isHard).length,
    );
    expect(fresh.length).toBeGreaterThanOrEqual(classes.length);
    const lengths = fresh.map(({ circle }) => pairsIn(circle));
    for (const { shortest } of classes) expect(lengths).toContain(shortest);
    if (classes.length > 0) expect(Math.min(...lengths)).toBe(Math.min(...classes.map(({ shortest }) => shortest)));
  }

  /** Every part is a pair that is known, and each [W] class is the [E] class of the one before. */
  #isReal(circle: readonly Dependency[]): void {
    expect(circle.length).toBeGreaterThan(0);
    for (const [i, dependency] of circle.entries()) {
      expect(className(dependency.to)).toBe(className(circle.at(i - 1)!.from));
      if (isOfInstances(circle) && this.oracle.rules === 'dept') continue;
      const [from, to] = [className(dependency.from), className(dependency.to)];
      const known = (a: string, b: string): boolean =>
        this.oracle.pairs.some((pair) => pair.from === a && pair.to === b);
      const throughIrq = ['<softirq interrupt>:0', '<hardirq interrupt>:0'].some(
        (irq) => known(from, irq) && known(irq, to),
      );
      expect(dependency.irqs.length > 0 ? throughIrq : known(from, to)).toBe(true);
    }
  }
}

const PLAIN: Way = { mode: 'write', recursive: false, nest: 0, group: null, timed: false };

function wayOf({ read, recursive, nest, grouped, timed, trylock }: Step): Way {
  return {
    mode: read ? 'read' : 'write',
    recursive,
    nest,
    group: grouped ? GROUP : null,
    timed: timed && !trylock,
  };
}

function howOf({ kind }: PlainObject, { read, recursive }: Step): How {
  if (kind === 'mutex') return LOCK;
  if (!read) return WRITE_LOCK;
  return recursive ? READ_LOCK_RECURSIVE : READ_LOCK;
}

function moreOf({ nest, group, timed }: Way): HowMuch {
  return { nest, ...(group === null ? {} : { group }), ...(timed ? { timeoutMs: 5 } : {}) };
}

function pairOf({ from, to, timed }: Dependency): string {
  return `${className(from)} -> ${className(to)}${timed ? ' timed' : ''}`;
}

/** A dependency through an interrupt stands for two pairs. */
function pairsIn(circle: readonly Dependency[]): number {
  return circle.reduce((sum, { irqs }) => sum + (irqs.length > 0 ? 2 : 1), 0);
}

function isOfInstances(circle: readonly Dependency[]): boolean {
  return circle.every(({ from, to, irqs }) => from.key === to.key && from.sub % 8 === to.sub % 8 && irqs.length === 0);
}

test.each(['linux', 'dept'] as const)(
  '%s rules: dependencies and verdicts of the plain oracle',
  (rules) => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 60, maxLength: 140 }), (steps) => {
        const comparison = new Comparison(rules);
        for (const one of steps) comparison.apply(one);
      }),
      { seed: 20_260_706, numRuns: 1000 },
    );
  },
  60_000,
);

/** Locks by number; an edge is the nesting of the second in the first. */
const dag = fc
  .record({
    nodes: fc.integer({ min: 2, max: 9 }),
    edges: fc.array(fc.tuple(fc.nat(99), fc.nat(99)), { minLength: 1, maxLength: 24 }),
    seed: fc.nat(1 << 20),
  })
  .map(({ nodes, edges, seed }) => ({
    // Numbers shuffled over the order, so that it is not the order in which the classes are made.
    label: Array.from({ length: nodes }, (_, i) => (i * 7 + seed) % 97),
    edges: edges
      .map(([a, b]) => [a % nodes, b % nodes] as const)
      .filter(([a, b]) => a !== b)
      .map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const),
  }));

test.each(['linux', 'dept'] as const)(
  '%s rules: a partial order gives no report, any inversion of it does',
  (rules) => {
    const run = fc.property(dag, fc.nat(99), ({ label, edges }, pick) => {
      const session = new Session();
      const found: Finding[] = [];
      const tracker = new DeptTracker(session, { rules, onFinding: (finding) => found.push(finding) });
      session.addObserver(tracker);
      const locks = label.map((number) => session.object({ kind: 'mutex', name: `L${number}` }));
      const nest = (outer: TrackedObject, inner: TrackedObject): void => {
        const context = session.exactContext(`task ${session.now}`);
        session.current = context;
        const first = session.granted(session.wait(outer, LOCK));
        session.exit(session.granted(session.wait(inner, LOCK)));
        session.exit(first);
        tracker.store.graph.checkInvariants();
      };
      for (const [outer, inner] of edges) nest(locks[outer]!, locks[inner]!);
      expect(found).toEqual([]);
      const [outer, inner] = edges[pick % Math.max(1, edges.length)] ?? [0, 0];
      if (outer === inner) return;
      nest(locks[inner]!, locks[outer]!);
      expect(found.map(({ code }) => code)).toEqual(['DEPT001']);
      expect(found[0]!.circle).toHaveLength(2);
      expect(className(found[0]!.circle[0]!.from)).toBe(`L${label[inner]}:0`);
    });
    fc.assert(run, { seed: 8, numRuns: 1000 });
  },
);

test('the runs above were long enough to mean something', () => {
  expect(operations).toBeGreaterThan(100_000);
  expect(verdicts).toBeGreaterThan(5_000);
});
