import fc from 'fast-check';
import { expect, test } from 'vitest';
import { toReportDocument } from '../../reports/ndjson.ts';
import type { Context } from '../../src/core/context.ts';
import type { Dependency } from '../../src/core/dependency.ts';
import type { EventContext } from '../../src/core/event-context.ts';
import type { Finding, RuleSet } from '../../src/core/finding.ts';
import type { History } from '../../src/core/history.ts';
import {
  COMPLETION,
  defineHow,
  LOCK,
  READ_LOCK,
  READ_LOCK_RECURSIVE,
  TRYLOCK,
  WRITE_LOCK,
} from '../../src/core/how.ts';
import { Session } from '../../src/core/session.ts';
import type { TrackedObject } from '../../src/core/tracked-object.ts';
import type { How, HowMuch } from '../../src/core/vocabulary.ts';
import type { Wait } from '../../src/core/wait.ts';
import { DeptTracker } from '../../src/tracker/dept.ts';
import { Recorder } from '../../src/tracker/recording/recorder.ts';
import { replay } from '../../src/tracker/recording/replay.ts';
import { isLeftBehind } from '../../src/tracker/stalled.ts';
import { WaitsFor } from '../../src/tracker/waits-for.ts';

const VERBS = [
  ...['take', 'take', 'take', 'take', 'try', 'block', 'sleep', 'grant', 'grant', 'give-up', 'exit', 'exit', 'exit'],
  ...['request', 'event', 'event', 'downgrade', 'handover', 'irq', 'activity', 'join', 'join', 'adopt', 'fork'],
  ...['destroy', 'init', 'misuse', 'begin', 'end', 'confirm', 'confirm'],
] as const;

interface Step {
  readonly verb: (typeof VERBS)[number];
  readonly place: number;
  readonly object: number;
  readonly pick: number;
  readonly more: HowMuch | null;
}

const GROUP = {};
const OBJECTS = [
  ...['A', 'B', 'C'].map((name) => ({ kind: 'mutex', name })),
  { kind: 'mutex', name: 'A', label: 'A2' },
  { kind: 'mutex', name: 'B', subclass: 1, site: 'lib/b.ts:1:2' },
  { kind: 'rwlock', name: 'R' },
  { kind: 'rwsem', name: 'S' },
  { kind: 'pool', name: 'P', capacity: 2 },
  { kind: 'completion', name: 'K' },
  { kind: 'completion', name: 'L' },
];
const STALL: How = defineHow({ sleeps: true, startLabel: 'start', waitLabel: 'poll', eventLabel: 'signal' });

const step: fc.Arbitrary<Step> = fc.record({
  verb: fc.constantFrom(...VERBS),
  place: fc.nat(6),
  object: fc.nat(OBJECTS.length - 1),
  pick: fc.nat(1 << 16),
  more: fc.option(
    fc.constantFrom<HowMuch>(
      { nest: 1 },
      { group: GROUP },
      { timeoutMs: 5 },
      { permits: 2 },
      { timeoutMs: Number.POSITIVE_INFINITY },
    ),
    { freq: 6, nil: null },
  ),
});

let recorded = 0;
const seen = { findings: 0, dependencies: 0, released: 0, filtered: 0, notices: 0, spared: 0 };

/** A session in which things happen at random, in exact contexts and in slices of asynchronous code. */
class RandomRun {
  readonly session = new Session({
    limits: { maxWaitHistory: 4, maxOpenEventContexts: 3, maxHistoryNodes: 6 },
    onLimit: (name) => {
      for (const tracker of Object.values(this.trackers)) tracker.notice(name);
    },
  });
  readonly found: Record<RuleSet, Finding[]> = { dept: [], linux: [] };
  readonly trackers: Record<RuleSet, DeptTracker>;
  readonly recorder: Recorder;
  readonly waitsFor: Record<RuleSet, WaitsFor>;
  text = '';
  readonly #objects: TrackedObject[];
  /** A place is an exact context, or a slice of asynchronous code with its own history. */
  readonly #places: { context: Context; history: History | null }[];
  readonly #waits: Wait[] = [];
  readonly #held: EventContext[] = [];

  constructor() {
    const { session } = this;
    const live = (rules: RuleSet): [DeptTracker, WaitsFor] => {
      const onFinding = (finding: Finding): void => void this.found[rules].push(finding);
      const tracker = new DeptTracker(session, { rules, onFinding });
      const waitsFor = new WaitsFor(session, { onFinding, wasReported: (circle) => tracker.wasReported(circle) });
      session.addObserver(tracker);
      session.addObserver(waitsFor);
      return [tracker, waitsFor];
    };
    const [dept, deptLive] = live('dept');
    const [linux, linuxLive] = live('linux');
    this.trackers = { dept, linux };
    this.waitsFor = { dept: deptLive, linux: linuxLive };
    this.recorder = new Recorder(session, {
      write: (text) => {
        this.text += text;
      },
    });
    session.addObserver(this.recorder);
    this.#objects = OBJECTS.map((object) => session.object(object));
    const exact = (['task', 'task', 'softirq'] as const).map((kind, i) => session.exactContext(`${kind} ${i}`, kind));
    const slices = [session.main, session.main, session.asyncContext('job'), session.asyncContext('job')];
    this.#places = [...exact, ...slices].map((context) => ({ context, history: null }));
  }

  apply({ verb, place: at, object: which, pick, more }: Step): void {
    const { session } = this;
    const place = this.#places[at]!;
    const object = this.#objects[which]!;
    session.current = place.context;
    session.slice.history = place.history;
    this.#act(verb, place, object, pick, more);
    if (!place.context.exact && session.current === place.context) place.history = session.slice.history;
  }

  #act(
    verb: Step['verb'],
    place: { context: Context; history: History | null },
    object: TrackedObject,
    pick: number,
    more: HowMuch | null,
  ): void {
    const { session } = this;
    const { context } = place;
    const wait = this.#waits[pick % Math.max(1, this.#waits.length)];
    const held = this.#held[pick % Math.max(1, this.#held.length)];
    if (verb === 'take' || verb === 'block' || verb === 'sleep') {
      const begun = session.wait(object, howOf(object, pick), more);
      if (verb === 'take') {
        this.#held.push(session.granted(begun));
        session.adopt(begun);
        return;
      }
      this.#waits.push(begun);
      session.blocked(begun);
    } else if (verb === 'try') this.#held.push(session.enter(object, TRYLOCK, more));
    else if (verb === 'grant' && wait !== undefined) {
      this.#forget(wait);
      this.#held.push(session.granted(wait));
      this.#wake(wait);
    } else if (verb === 'give-up' && wait !== undefined) {
      this.#forget(wait);
      session.waited(wait, pick % 2 === 0 ? 'timed-out' : 'cancelled');
    } else if (verb === 'exit' && held !== undefined) this.#exit(held, pick);
    else if (verb === 'downgrade' && held !== undefined) {
      this.#held[this.#held.indexOf(held)] = session.modify(held, READ_LOCK);
    } else if (verb === 'handover' && held !== undefined) session.handover(held, context);
    else if (verb === 'request') session.request(object);
    else if (verb === 'event') {
      session.event(object, COMPLETION);
      for (const each of this.#waits.filter((other) => other.object === object && other.how.sleeps)) {
        this.#forget(each);
        session.waited(each);
        this.#wake(each);
      }
    } else if (verb === 'irq') session.setIrq(pick % 2 === 0 ? 'softirq' : 'hardirq', pick % 3 === 0);
    else if (verb === 'activity') (context as { bumpActivity?: () => void }).bumpActivity?.();
    else if (verb === 'join' || verb === 'fork') {
      const other = this.#places[pick % this.#places.length]!;
      const history = verb === 'fork' ? other.history : session.histories.join(place.history, other.history);
      if (!context.exact) session.slice.history = history;
    } else if (verb === 'adopt' && wait !== undefined) session.adopt(wait);
    else if (verb === 'confirm') this.#confirm(pick);
    else if (pick % 4 === 0) this.#rarely(verb, object, pick);
  }

  #rarely(verb: Step['verb'], object: TrackedObject, pick: number): void {
    const { session } = this;
    if (verb === 'destroy') session.destroy(object);
    else if (verb === 'init') session.init(object);
    else if (verb === 'misuse')
      session.misuse({ kind: 'bad-unlock', object: pick % 8 === 0 ? null : object, message: 'no' });
    else if (verb === 'begin')
      this.#places[pick % 3] = { context: session.exactContext(`task ${pick % 3}`), history: null };
    else if (verb === 'end') session.endContext(session.current);
  }

  #confirm(pick: number): void {
    const isLast = pick % 8 === 0;
    const spared = this.#waits.filter((_, index) => (pick >> (4 + (index % 8))) % 2 === 0);
    this.recorder.confirm(isLast, spared);
    for (const live of Object.values(this.waitsFor)) {
      seen.spared += spared.filter((each) => live.lasting.has(each)).length;
      live.confirm(isLast, spared);
    }
  }

  /** Mostly where it began, as far as one can tell. */
  #exit(held: EventContext, pick: number): void {
    this.#held.splice(this.#held.indexOf(held), 1);
    const own = this.#places.find(({ context }) => context === held.context);
    if (pick % 4 > 0 && own !== undefined) {
      this.session.current = own.context;
      this.session.slice.history = own.history;
    }
    this.session.exit(held);
  }

  /** Some slice of the waiter's goes on. */
  #wake(wait: Wait): void {
    const place = this.#places.find(({ context }) => context === wait.context);
    if (place === undefined || place.context.exact) return;
    place.history = this.session.histories.join(place.history, wait.node);
  }

  #forget(wait: Wait): void {
    this.#waits.splice(this.#waits.indexOf(wait), 1);
  }
}

function howOf({ key }: TrackedObject, pick: number): How {
  if (key.kind === 'completion') return pick % 5 === 0 ? STALL : COMPLETION;
  if (key.kind === 'mutex' || key.kind === 'pool') return LOCK;
  return [WRITE_LOCK, READ_LOCK, READ_LOCK_RECURSIVE][pick % 3]!;
}

/** Everything a report says but its stacks, which are none here. */
function documents(findings: readonly Finding[]): readonly unknown[] {
  return findings.map((finding) => toReportDocument(finding));
}

function learnt(dependencies: Iterable<Dependency>): readonly unknown[] {
  return [...dependencies].map(({ from, to, rule, context, timed, irqs, instances, at }) => {
    if (rule === 'release') seen.released++;
    return [from.key.name, from.sub, to.key.name, to.sub, rule, context, timed, irqs, instances, at];
  });
}

test('a replay learns the dependencies and makes the findings of the live run, under both rule sets', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 100, maxLength: 400 }), fc.boolean(), (steps, isUnsettled) => {
      const run = new RandomRun();
      for (const one of steps) run.apply(one);
      run.recorder.confirm(true);
      run.recorder.stalled(isUnsettled);
      run.recorder.flush();
      for (const rules of ['dept', 'linux'] as const) {
        run.waitsFor[rules].confirm(true);
        run.waitsFor[rules].reportStalled((wait) => isUnsettled || isLeftBehind(wait));
        const found: Finding[] = [];
        const result = replay(run.text.split('\n'), { rules, onFinding: (finding) => found.push(finding) });
        expect(learnt(result.dependencies)).toEqual(learnt(run.trackers[rules].store));
        expect(documents(found)).toEqual(documents(run.found[rules]));
        seen.findings += found.length;
        seen.notices += found.filter(({ code }) => code === 'DEPT009').length;
        seen.dependencies += [...result.dependencies].length;
        seen.filtered += run.trackers[rules].filtered.length;
        recorded += result.lines;
      }
    }),
    { seed: 20_261_124, numRuns: 250 },
  );
});

test('the runs above were long enough to mean something', () => {
  expect(recorded).toBeGreaterThan(80_000);
  expect(seen.dependencies).toBeGreaterThan(10_000);
  expect(seen.released).toBeGreaterThan(2_500);
  expect(seen.findings).toBeGreaterThan(4_000);
  expect(seen.notices).toBeGreaterThan(200);
  expect(seen.filtered).toBeGreaterThan(250);
  expect(seen.spared).toBeGreaterThan(20);
});
