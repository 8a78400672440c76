import { USER_SUBCLASSES } from '../core/classes.ts';
import type { Context } from '../core/context.ts';
import type { Dependency, Rule } from '../core/dependency.ts';
import type { EventContext } from '../core/event-context.ts';
import type { FilteredCircle, Finding, FindingListener, RuleSet } from '../core/finding.ts';
import type { History } from '../core/history.ts';
import { type ClassId, NEVER, type Tick } from '../core/ids.ts';
import { IRQ_TYPES, type IrqType } from '../core/irq.ts';
import type { Limits } from '../core/limits.ts';
import type { Session } from '../core/session.ts';
import type { EventBit, TrackedObject } from '../core/tracked-object.ts';
import type { How, Misuse, Observer, Outcome } from '../core/vocabulary.ts';
import type { Wait } from '../core/wait.ts';
import { Circles } from './circles.ts';
import { DependencyStore } from './dependency-store.ts';
import { awaitedBits, owedBit } from './event-bits.ts';
import { InstanceOrder } from './instance-order.ts';
import { type Interrupted, Interrupts } from './interrupts.ts';
import { isExcused, isOfOneGroup } from './nesting.ts';
import { limitFinding, misuseFinding } from './notices.ts';
import { dependencyFrom, type Observation } from './observation.ts';
import { ContextOrder } from './order.ts';
import { type Policy, policyFor } from './policy.ts';
import { isUnconditional, sightingOf } from './sighting.ts';

export interface DeptOptions extends Partial<Policy> {
  readonly rules?: RuleSet;
  /** Called with each finding at once, inside the hook that made it. */
  readonly onFinding?: FindingListener;
  /** Called with each dependency between two classes when it is learnt, before its circle is looked for. */
  readonly onDependency?: (dependency: Dependency) => void;
}

/** A graph of dependencies with its circles: one of classes, one of the instances within a class. */
interface Layer {
  readonly store: DependencyStore;
  readonly circles: Circles;
  readonly limit: 'maxDependencies' | 'maxInstancePairs';
}

/**
 * DEPT: learns "event P cannot happen until event Q happens" from waits and events and reports a circle the moment its
 * last dependency is learnt (kernel/dependency/dept.c). Under `linux` rules it decides as the kernel does; under `dept`
 * rules waits are intervals, instances of one class are told apart and circles that cannot hang are set aside.
 *
 * Cost: a wait with n event contexts open is n probes while everything is known.
 */
export class DeptTracker implements Observer {
  readonly policy: Policy;
  readonly store: DependencyStore = new DependencyStore();
  readonly #session: Session;
  readonly #interrupts: Interrupts;
  readonly #classes: Layer;
  readonly #instances: InstanceOrder = new InstanceOrder();
  readonly #instancePairs: Layer;
  readonly #order = new ContextOrder();
  readonly #onFinding: FindingListener;
  readonly #onDependency: (dependency: Dependency) => void;
  readonly #noticed = new Set<keyof Limits>();
  #findings = 0;

  constructor(session: Session, options: DeptOptions = {}) {
    const { rules = 'dept', onFinding = () => undefined, onDependency = () => undefined, ...changes } = options;
    this.policy = policyFor(rules, changes);
    this.#session = session;
    this.#onFinding = onFinding;
    this.#onDependency = onDependency;
    this.#interrupts = new Interrupts(session.classes);
    this.#classes = this.#layer(this.store, 'maxDependencies');
    this.#instancePairs = this.#layer(this.#instances.store, 'maxInstancePairs');
  }

  /** Circles of classes that cannot hang, with the reason. */
  get filtered(): readonly FilteredCircle[] {
    return [...this.#classes.circles.filtered, ...this.#instancePairs.circles.filtered];
  }

  /** True when a circle with this fingerprint was reported. */
  wasReported(circleFingerprint: string): boolean {
    return [this.#classes, this.#instancePairs].some(({ circles }) => circles.wasReported(circleFingerprint));
  }

  onContextBegin(context: Context): void {
    this.#classes.circles.contextBegins(context);
    this.#instancePairs.circles.contextBegins(context);
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
    if (held.context.exact) return;
    const owedAs = owedBit(held.object.key, held.how, this.policy);
    const owed = held.object.classOf(owedAs);
    if (this.#teachesNothing(owed, context.history, held.begin)) return;
    context.forEachWait(held.begin, (wait) => {
      if (wait.endsAfter(at)) return;
      for (const bit of awaitedBits(wait.object.key, wait.how, this.policy)) {
        if (this.store.isSettled(owed, wait.object.classOf(bit))) continue;
        if (!this.#counts(wait) || isExcused(this.policy, held, wait, owedAs === bit)) continue;
        this.#learn('release', context, held, wait, owed, bit, null);
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
        this.#learn(began ? 'event' : 'overlap', context, null, wait, owed, bit, { object, how });
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
  notice(limit: keyof Limits, value: number = this.#session.limits[limit]): void {
    if (this.#noticed.has(limit)) return;
    this.#noticed.add(limit);
    this.#onFinding(limitFinding(limit, value, this.policy.rules, this.#session.now));
  }

  #layer(store: DependencyStore, limit: Layer['limit']): Layer {
    const emit = (finding: Finding): void => this.#emit(finding);
    return { store, limit, circles: new Circles(this.#session, store, this.#interrupts, this.policy, emit) };
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
        this.#learn('wait', context, held, wait, held.object.classOf(owedAs), bit, null);
      });
    }
  }

  /**
   * What is settled teaches nothing, whether it counts or not: the usual answer comes first, without a closure. False where
   * that is not so, or where histories were joined.
   */
  #teachesNothing(owed: ClassId, history: History | null, since: Tick): boolean {
    for (let step = history; step !== null && step.at > since; step = step.left) {
      if (step.right !== null) return false;
      const { wait } = step;
      if (wait === null || !wait.endsAfter(since)) continue;
      const { object } = wait;
      const bits = awaitedBits(object.key, wait.how, this.policy);
      for (let i = 0; i < bits.length; i++) {
        if (!this.store.isSettled(owed, object.classOf(bits[i] as EventBit))) return false;
      }
    }
    return true;
  }

  /** Linux sees neither the waits nor the holds of locks taken under a `nest_lock` (dept_ldt.h, nokeep). */
  #counts(wait: Wait): boolean {
    if (this.policy.rules === 'linux' && wait.more?.group !== undefined) return false;
    if (wait.how.sleeps && wait.blockedAt === NEVER && !this.policy.potentialSleeps) return false;
    return this.policy.timedWaits || !wait.timed;
  }

  #learn(
    rule: Rule,
    context: Context,
    held: EventContext | null,
    wait: Wait,
    owed: ClassId,
    bit: EventBit,
    event: { object: TrackedObject; how: How } | null,
  ): void {
    const awaited = wait.object.classOf(bit);
    if (owed < 0 || awaited < 0) {
      this.notice('maxClasses');
      return;
    }
    if (this.store.isSettled(owed, awaited)) return;
    const seen = { rule, context, held, wait, event: event === null ? null : { ...event, stack: null } };
    this.#learnNew(seen, owed, awaited, bit);
  }

  #learnNew(seen: Observation, owed: ClassId, awaited: ClassId, bit: EventBit): void {
    const owner = seen.held?.object ?? seen.event?.object ?? seen.wait.object;
    const isSameKey = owner.key === seen.wait.object.key && owner.subclass === seen.wait.object.subclass;
    const describe = (): Dependency => this.#describe(seen, owed, awaited);
    if (!isSameKey || this.policy.sameClass === 'class') {
      this.#insert(this.#classes, owed, awaited, seen, describe);
      return;
    }
    const ownBit = this.#session.classes.get(owed).sub >= USER_SUBCLASSES ? 1 : 0;
    const tail = this.#instances.node(owner, ownBit);
    const head = this.#instances.node(seen.wait.object, bit);
    const layer = this.#instancePairs;
    if (!layer.store.isSettled(tail, head)) this.#insert(layer, tail, head, seen, describe);
  }

  #insert(
    { store, circles, limit }: Layer,
    from: number,
    to: number,
    seen: Observation,
    describe: () => Dependency,
  ): void {
    const { graph } = store;
    const known = graph.edgeOf(from, to);
    const isGrouped = isOfOneGroup(seen.held, seen.wait);
    // What contexts that back off do tells nothing of a dependency that is known without them.
    if (isGrouped && known >= 0 && !store.isGrouped(known)) return;
    const sighting = this.#sighting(seen);
    if (known >= 0) {
      if (store.isGrouped(known) && !isGrouped) {
        store.ungroup(known, describe());
        store.addSighting(known, sighting);
        circles.reconsider(known);
        circles.close(known);
        return;
      }
      if (store.dependency(known).timed && !seen.wait.timed) {
        store.replace(known, describe());
        circles.harden(known);
      }
      if (store.addSighting(known, sighting)) circles.reconsider(known);
      return;
    }
    if (this.#isFull(store, limit)) return;
    const result = graph.add(from, to);
    const edge = graph.edgeOf(from, to);
    const dependency = describe();
    store.add(edge, dependency, sighting, isGrouped);
    if (store === this.store) this.#onDependency(dependency);
    if (result === 'closes-circle') circles.close(edge);
  }

  #isFull(store: DependencyStore, limit: Layer['limit']): boolean {
    const isFull = store.graph.edgeCount >= this.#session.limits[limit];
    if (isFull) this.notice(limit);
    return isFull;
  }

  #sighting(seen: Observation): ReturnType<typeof sightingOf> | null {
    if (!this.policy.filters) return null;
    const sighting = sightingOf(seen.context, seen.held, seen.wait, this.#order, this.#session.histories);
    return isUnconditional(sighting) ? null : sighting;
  }

  /** The evidence of a new dependency. Stacks of here and now are exact, so they are taken now. */
  #describe(seen: Observation, owed: ClassId, awaited: ClassId): Dependency {
    const { classes, limits } = this.#session;
    const here = this.#session.capture();
    if (seen.rule === 'wait') seen.wait.stack = here;
    const event = seen.event === null ? null : { ...seen.event, stack: here };
    for (const key of [seen.held?.object.key, seen.wait.object.key]) {
      if (key !== undefined) key.captures = Math.max(key.captures, limits.maxStacksPerClass >> 2);
    }
    const dependency = dependencyFrom({ ...seen, event }, classes.get(owed), classes.get(awaited));
    return seen.rule === 'release' ? { ...dependency, event: { ...dependency.event, stack: here } } : dependency;
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
    this.#insertIrq(owed, this.#interrupts.node(irq), false, () =>
      this.#interrupts.interruptible(context, owed, irq, places, enabledNow ? this.#session.capture() : null),
    );
  }

  #waitInInterrupt(context: Context, wait: Wait, bit: EventBit, irq: IrqType): void {
    const awaited = wait.object.classOf(bit);
    this.#insertIrq(this.#interrupts.node(irq), awaited, wait.timed, () =>
      this.#interrupts.waitInside(context, wait, awaited, irq),
    );
  }

  #insertIrq(from: ClassId, to: ClassId, timed: boolean, describe: () => Dependency): void {
    if (from < 0 || to < 0) {
      this.notice('maxClasses');
      return;
    }
    const { graph } = this.store;
    const known = graph.edgeOf(from, to);
    if (known >= 0) {
      if (timed || !this.store.dependency(known).timed) return;
      this.store.replace(known, describe());
      this.#classes.circles.harden(known);
      return;
    }
    if (this.#isFull(this.store, 'maxDependencies')) return;
    const result = graph.add(from, to);
    const edge = graph.edgeOf(from, to);
    this.store.add(edge, describe(), null);
    if (result === 'closes-circle') this.#classes.circles.close(edge);
  }

  #emit(finding: Finding): void {
    const { maxFindings } = this.#session.limits;
    if (++this.#findings <= maxFindings) this.#onFinding(finding);
    else this.notice('maxFindings');
  }
}
