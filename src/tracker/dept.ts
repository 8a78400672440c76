import type { Context } from '../core/context.ts';
import type { Dependency } from '../core/dependency.ts';
import type { EventContext } from '../core/event-context.ts';
import type { FilteredCircle, Finding, FindingListener, RuleSet } from '../core/finding.ts';
import { type ClassId, NEVER, type Tick } from '../core/ids.ts';
import { IRQ_TYPES, type IrqType } from '../core/irq.ts';
import type { Limits } from '../core/limits.ts';
import { LimitsHit } from '../core/limits-hit.ts';
import type { Session } from '../core/session.ts';
import type { EventBit, TrackedObject } from '../core/tracked-object.ts';
import type { How, Misuse, Observer, Outcome } from '../core/vocabulary.ts';
import type { Wait } from '../core/wait.ts';
import type { DependencyStore } from './dependency-store.ts';
import { awaitedBits, owedBit, WRITE_BIT } from './event-bits.ts';
import { type Interrupted, Interrupts } from './interrupts.ts';
import { Learning } from './learning.ts';
import { isExcused } from './nesting.ts';
import { limitFinding, misuseFinding } from './notices.ts';
import { ContextOrder } from './order.ts';
import { type Policy, policyFor } from './policy.ts';

export interface DeptOptions extends Partial<Policy> {
  readonly rules?: RuleSet;
  /** Called with each finding at once, inside the hook that made it. */
  readonly onFinding?: FindingListener;
  /** Called with each dependency between two classes when it is learnt, before its circle is looked for. */
  readonly onDependency?: (dependency: Dependency) => void;
}

/**
 * DEPT: learns "event P cannot happen until event Q happens" from waits and events and reports a circle the moment its
 * last dependency is learnt (kernel/dependency/dept.c). Under `linux` rules it decides as the kernel does; under `dept`
 * rules waits are intervals, instances of one class are told apart and circles that cannot hang are set aside.
 *
 * Cost: a wait with n event contexts open is n probes while everything is known.
 */
export class DeptTracker implements Observer {
  readonly skipsTaken = true;
  readonly policy: Policy;
  readonly #session: Session;
  readonly #learning: Learning;
  readonly #interrupts: Interrupts;
  readonly #order = new ContextOrder();
  readonly #onFinding: FindingListener;
  readonly #limitsHit: LimitsHit;
  #findings = 0;

  constructor(session: Session, options: DeptOptions = {}) {
    const { rules = 'dept', onFinding = () => undefined, onDependency = () => undefined, ...changes } = options;
    this.policy = policyFor(rules, changes);
    this.#session = session;
    this.#onFinding = onFinding;
    this.#limitsHit = new LimitsHit(session.limits, (name, limit) =>
      onFinding(limitFinding(name, limit, this.policy.rules, session.now)),
    );
    this.#interrupts = new Interrupts(session.classes);
    this.#learning = new Learning({
      session,
      policy: this.policy,
      interrupts: this.#interrupts,
      order: this.#order,
      emit: (finding) => this.#emit(finding),
      notice: (limit) => this.notice(limit),
      onDependency,
    });
    session.stackBudget.novelty = (held, object) => this.#isNew(held, object);
  }

  /** The dependencies between classes that were learnt. */
  get store(): DependencyStore {
    return this.#learning.store;
  }

  /** Circles of classes that cannot hang, with the reason. */
  get filtered(): readonly FilteredCircle[] {
    return this.#learning.filtered;
  }

  /** True when a circle with this fingerprint was reported. */
  wasReported(circleFingerprint: string): boolean {
    return this.#learning.wasReported(circleFingerprint);
  }

  /** True when there is nothing more to learn from what is owed having had to wait for what was passed. */
  knows(owed: EventContext, passed: EventContext): boolean {
    return this.#learning.knows(owed.object.classOf(owedBit(owed.object.key, owed.how, this.policy)), passed);
  }

  /** Of one class it is a matter of instances, of which nothing is asked here. */
  #isNew(held: EventContext, object: TrackedObject): boolean {
    const owed = held.object.classOf(owedBit(held.object.key, held.how, this.policy));
    const awaited = object.classOf(WRITE_BIT);
    return owed >= 0 && awaited >= 0 && (owed === awaited || this.store.graph.edgeOf(owed, awaited) < 0);
  }

  /** How often a dependency of which all was known has become one that may teach something. */
  get reopened(): number {
    return this.#learning.store.reopened;
  }

  onContextBegin(context: Context): void {
    this.#learning.contextBegins(context);
  }

  onContextEnd(context: Context): void {
    this.#order.forget(context);
  }

  onWait(context: Context, wait: Wait): void {
    // In asynchronous code nothing is certain before the hold ends.
    if (context.exact && (!wait.how.sleeps || this.policy.potentialSleeps)) this.#atWait(context, wait);
  }

  onBlocked(context: Context, wait: Wait): void {
    if (context.exact && wait.how.sleeps && !this.policy.potentialSleeps) this.#atWait(context, wait);
  }

  onWaited(wait: Wait, outcome: Outcome): void {
    if (this.policy.filters && outcome === 'fired' && wait.how.sleeps) {
      this.#order.learn(wait.context, this.#session.current, wait.fired ?? this.#session.now);
    }
  }

  onEnter(context: Context, held: EventContext): void {
    const { irqs } = context;
    if (irqs === null) return;
    for (const irq of IRQ_TYPES) if (irqs.enabled(irq)) this.#interruptible(context, held, irq, false);
  }

  /** In an asynchronous chain only the end proves what an event context depended on: every wait joined since its start. */
  onExit(context: Context, held: EventContext, at: Tick): void {
    // A tick for everything that happens: no wait can have ended since the start.
    if (held.context.exact || held.object.countsEvents || at === held.begin + 1) return;
    const owedAs = owedBit(held.object.key, held.how, this.policy);
    const owed = held.object.classOf(owedAs);
    if (this.#learning.teachesNothing(owed, context.history, held.begin)) return;
    context.forEachWait(held.begin, (wait) => {
      if (wait.endsAfter(at)) return;
      for (const bit of awaitedBits(wait.object.key, wait.how, this.policy)) {
        if (this.store.isSettled(owed, wait.object.classOf(bit))) continue;
        if (!this.#counts(wait) || isExcused(this.policy, held, wait, owedAs === bit)) continue;
        this.#learning.learn('release', context, held, wait, owed, bit, null);
      }
    });
  }

  /** DEPT's rule at the event: every wait of this context since the request is something the event had to wait for. */
  onEvent(context: Context, object: TrackedObject, how: How, at: Tick): void {
    const since = this.policy.timedWaits ? object.requestedAt : object.untimedRequestedAt;
    if (since === NEVER || this.#session.heldBy(object, context) !== null) return;
    const owed = object.classOf(owedBit(object.key, how, this.policy));
    if (context.forgotten > since) this.notice('maxWaitHistory');
    context.forEachWait(since, (wait) => {
      // An exact context that runs has left its waits behind, whether their end was annotated or not.
      if (!context.exact && wait.endsAfter(at)) return;
      if (wait.activity !== context.activity || !this.#counts(wait)) return;
      const began = wait.begin > since;
      if (!began && !this.policy.intervals) return;
      // Who did not have to wait for this very event, because it is the one who brings it, depends on nobody.
      if (wait.object === object && (!began || (wait.how.sleeps && wait.blockedAt === NEVER))) return;
      for (const bit of awaitedBits(wait.object.key, wait.how, this.policy)) {
        this.#learning.learn(began ? 'event' : 'overlap', context, null, wait, owed, bit, { object, how });
      }
    });
    this.#interruptedEvent(context, owed, how, since);
  }

  onIrqEnable(context: Context): void {
    const { irqs } = context;
    if (irqs === null) return;
    for (const irq of IRQ_TYPES) {
      if (irqs.enabled(irq)) context.forEachHeld((held) => this.#interruptible(context, held, irq, true));
    }
  }

  onMisuse(context: Context, misuse: Misuse): void {
    this.#emit(misuseFinding(misuse, context, this.policy.rules, this.#session.capture(), this.#session.now));
  }

  /** A cap was hit: what comes after may be missed. */
  notice(limit: keyof Limits): void {
    this.#limitsHit.add(limit);
  }

  #atWait(context: Context, wait: Wait): void {
    if (!this.#counts(wait)) return;
    for (const bit of awaitedBits(wait.object.key, wait.how, this.policy)) {
      if (context.kind === 'softirq' || context.kind === 'hardirq') {
        this.#waitInInterrupt(context, wait, bit, context.kind);
      }
      context.forEachHeld((held) => {
        const owedAs = owedBit(held.object.key, held.how, this.policy);
        if (isExcused(this.policy, held, wait, owedAs === bit)) return;
        this.#learning.learn('wait', context, held, wait, held.object.classOf(owedAs), bit, null);
      });
    }
  }

  /** Linux sees neither the waits nor the holds of locks taken under a `nest_lock` (dept_ldt.h, nokeep). */
  #counts(wait: Wait): boolean {
    if (this.policy.rules === 'linux' && wait.more?.group !== undefined) return false;
    if (wait.how.sleeps && wait.blockedAt === NEVER && !this.policy.potentialSleeps) return false;
    return this.policy.timedWaits || !wait.timed;
  }

  #interruptible(context: Context, held: EventContext, irq: IrqType, enabledNow: boolean): void {
    if (this.policy.rules === 'linux' && held.more?.group !== undefined) return;
    const { startLabel, eventLabel } = held.how;
    const owed = held.object.classOf(owedBit(held.object.key, held.how, this.policy));
    if (this.store.isSettled(owed, this.#interrupts.node(irq))) return;
    const places: Interrupted = { startLabel, eventLabel, startStack: held.stack, begin: held.begin };
    this.#interruptedBetween(context, owed, irq, places, enabledNow);
  }

  /** An interrupt may come, or could have come since the request, between the request and the event (do_event). */
  #interruptedEvent(context: Context, owed: ClassId, how: How, since: Tick): void {
    const { irqs } = context;
    if (irqs === null) return;
    if (IRQ_TYPES.every((irq) => this.store.isSettled(owed, this.#interrupts.node(irq)))) return;
    const places: Interrupted = { startLabel: null, eventLabel: how.eventLabel, startStack: null, begin: since };
    for (const irq of IRQ_TYPES) {
      if (irqs.enabled(irq) || irqs.enabledAt(irq) >= since) {
        this.#interruptedBetween(context, owed, irq, places, false);
      }
    }
  }

  #interruptedBetween(context: Context, owed: ClassId, irq: IrqType, places: Interrupted, enabledNow: boolean): void {
    this.#learning.learnIrq(owed, this.#interrupts.node(irq), false, () =>
      this.#interrupts.interruptible(context, owed, irq, places, enabledNow ? this.#session.capture() : null),
    );
  }

  #waitInInterrupt(context: Context, wait: Wait, bit: EventBit, irq: IrqType): void {
    const awaited = wait.object.classOf(bit);
    this.#learning.learnIrq(this.#interrupts.node(irq), awaited, wait.timed, () =>
      this.#interrupts.waitInside(context, wait, awaited, irq),
    );
  }

  #emit(finding: Finding): void {
    const { maxFindings } = this.#session.limits;
    if (++this.#findings <= maxFindings) this.#onFinding(finding);
    else this.notice('maxFindings');
  }
}
