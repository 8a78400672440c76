import { className, type ObjectKind } from '../../../src/core/classes.ts';
import type { Context, ContextKind, ExactContext } from '../../../src/core/context.ts';
import type { EventContext } from '../../../src/core/event-context.ts';
import type { Finding } from '../../../src/core/finding.ts';
import { COMPLETION, LOCK, TRYLOCK } from '../../../src/core/how.ts';
import type { Limits } from '../../../src/core/limits.ts';
import { type ObjectOptions, Session } from '../../../src/core/session.ts';
import type { Frame, Stack } from '../../../src/core/stack.ts';
import type { TrackedObject } from '../../../src/core/tracked-object.ts';
import type { How, HowMuch, Outcome } from '../../../src/core/vocabulary.ts';
import type { Wait } from '../../../src/core/wait.ts';
import { type DeptOptions, DeptTracker } from '../../../src/tracker/dept.ts';
import { WaitsFor } from '../../../src/tracker/waits-for.ts';

export interface StageOptions extends DeptOptions {
  readonly limits?: Partial<Limits>;
}

/** Contexts and objects under one tracker and one waits-for graph, moved by hand in the words of a timeline. */
export class Stage {
  readonly session: Session;
  readonly tracker: DeptTracker;
  readonly live: WaitsFor;
  readonly findings: Finding[] = [];
  readonly deadlocks: Finding[] = [];
  /** Name of the function that every stack captured from now on shows. */
  place = 'nowhere';

  constructor(options: StageOptions = {}) {
    const { limits = {}, ...rules } = options;
    this.session = new Session({
      limits,
      stacks: { capture: () => stackOf(this.place) },
      onLimit: (name) => this.tracker.notice(name),
    });
    this.tracker = new DeptTracker(this.session, { ...rules, onFinding: (finding) => this.findings.push(finding) });
    this.live = new WaitsFor(this.session, {
      onFinding: (finding) => this.deadlocks.push(finding),
      wasReported: (circle) => this.tracker.wasReported(circle),
    });
    this.session.addObserver(this.tracker);
    this.session.addObserver(this.live);
  }

  task(name: string, kind: ContextKind = 'task'): ExactContext {
    return this.session.exactContext(name, kind);
  }

  object(name: string, kind: ObjectKind = 'mutex', more: Partial<ObjectOptions> = {}): TrackedObject {
    return this.session.object({ kind, name, ...more });
  }

  completion(name: string): TrackedObject {
    return this.object(name, 'completion');
  }

  /** Takes a lock that is free. */
  lock(context: Context, object: TrackedObject, how: How = LOCK, more: HowMuch | null = null): EventContext {
    this.session.current = context;
    return this.session.granted(this.session.wait(object, how, more, context));
  }

  trylock(context: Context, object: TrackedObject, how: How = TRYLOCK): EventContext {
    return this.session.enter(object, how, null, context);
  }

  /** Asks for what somebody else has: sleeps until `grant`, `fire` or `giveUp`. */
  block(context: Context, object: TrackedObject, how: How = LOCK, more: HowMuch | null = null): Wait {
    this.session.current = context;
    const wait = this.session.wait(object, how, more, context);
    this.session.blocked(wait);
    return wait;
  }

  sleep(context: Context, object: TrackedObject, more: HowMuch | null = null): Wait {
    return this.block(context, object, COMPLETION, more);
  }

  /** The releaser hands the lock to a waiter. */
  grant(wait: Wait): EventContext {
    return this.session.granted(wait);
  }

  giveUp(wait: Wait, outcome: Outcome = 'cancelled'): void {
    this.session.waited(wait, outcome);
  }

  unlock(...held: EventContext[]): void {
    for (const one of held) {
      this.session.current = one.context;
      this.session.exit(one, one.context);
    }
  }

  /** `context` triggers the event, which wakes these sleepers. */
  fire(context: Context, object: TrackedObject, ...woken: Wait[]): void {
    this.session.current = context;
    this.session.event(object, COMPLETION, context);
    for (const wait of woken) this.session.waited(wait, 'fired');
  }

  request(context: Context, object: TrackedObject): void {
    this.session.request(object, context);
  }

  /** Locks and unlocks `outer` around `inner`. */
  nest(context: Context, outer: TrackedObject, inner: TrackedObject, how: How = LOCK): void {
    const held = this.lock(context, outer, how);
    this.unlock(this.lock(context, inner, how), held);
  }

  /** Class pairs learnt, as `A:0 -> B:0`, in the order of their names; without those to and from interrupts. */
  get dependencies(): string[] {
    const plain = [...this.tracker.store].filter(({ from, to }) => from.key.kind !== 'irq' && to.key.kind !== 'irq');
    return plain.map(({ from, to }) => `${className(from)} -> ${className(to)}`).sort();
  }

  /** Codes of all findings so far, predicted first. */
  get codes(): string[] {
    return [...this.findings, ...this.deadlocks].map((finding) => finding.code);
  }

  /** Each circle found, as its [E] classes in reading order. */
  get circles(): string[] {
    return this.findings.filter(({ code }) => code === 'DEPT001').map(circleText);
  }
}

export function circleText(finding: Finding): string {
  return finding.circle.map(({ from }) => className(from)).join(' ');
}

function stackOf(functionName: string): Stack {
  const frame: Frame = { functionName, file: 'stage.ts', line: 1, column: 1 };
  return { frames: [frame] };
}
