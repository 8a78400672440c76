import type { Context } from '../core/context.ts';
import type { Dependency, Rule } from '../core/dependency.ts';
import { EventContext } from '../core/event-context.ts';
import type { FilteredCircle, Finding } from '../core/finding.ts';
import type { History } from '../core/history.ts';
import type { ClassId, Tick } from '../core/ids.ts';
import type { Limits } from '../core/limits.ts';
import type { Session } from '../core/session.ts';
import type { EventBit, TrackedObject } from '../core/tracked-object.ts';
import type { How } from '../core/vocabulary.ts';
import type { Wait } from '../core/wait.ts';
import { Circles } from './circles.ts';
import { DependencyStore } from './dependency-store.ts';
import { DrainedPools } from './drained-pools.ts';
import { awaitsReaders, READ_BIT, WRITE_BIT } from './event-bits.ts';
import { Evidence } from './evidence.ts';
import { Families } from './families.ts';
import { FamilyOrder } from './family-order.ts';
import type { Interrupts } from './interrupts.ts';
import type { Layer } from './layer.ts';
import { isOfOneGroup } from './nesting.ts';
import type { Observation } from './observation.ts';
import type { ContextOrder } from './order.ts';
import { isOfPeer } from './peer-waits.ts';
import type { Policy } from './policy.ts';
import { PoolShares } from './pool-shares.ts';
import { RunningDry } from './running-dry.ts';
import { holdsAround, type Sighting } from './sighting.ts';

/** What learning needs of the tracker it belongs to. */
export interface LearningTools {
  readonly session: Session;
  readonly policy: Policy;
  readonly interrupts: Interrupts;
  readonly order: ContextOrder;
  readonly emit: (finding: Finding) => void;
  readonly notice: (limit: keyof Limits) => void;
  readonly onDependency: (dependency: Dependency) => void;
}

/**
 * What is known of the order of events: dependencies between classes and, within a class, between instances, each with its
 * evidence. One that is new is stored and its circles are looked for; one that is known and settled costs a probe.
 */
export class Learning {
  readonly store: DependencyStore = new DependencyStore();
  readonly #tools: LearningTools;
  readonly #policy: Policy;
  readonly #evidence: Evidence;
  readonly #classes: Layer;
  readonly #instances: Layer;
  readonly #families: FamilyOrder;
  readonly #pools: RunningDry;
  readonly #drained: DrainedPools;

  constructor(tools: LearningTools) {
    const { session, interrupts, policy, order, emit } = tools;
    const [pools, families] = [new PoolShares(), new Families()];
    const layer = (store: DependencyStore, limit: Layer['limit']): Layer => {
      const circles = new Circles(session, store, interrupts, policy, pools, families, emit);
      return { store, circles, limit };
    };
    this.#tools = tools;
    this.#policy = policy;
    this.#evidence = new Evidence(session, policy, order);
    this.#classes = layer(this.store, 'maxDependencies');
    this.#instances = layer(new DependencyStore(), 'maxInstancePairs');
    this.#families = new FamilyOrder(families, this.#classes, this.#instances, (full) => this.#isFull(full));
    this.#drained = new DrainedPools(session.histories);
    this.#pools = new RunningDry(pools, [this.#classes, this.#instances], session.histories);
  }

  /** Circles of classes that cannot hang, with the reason. */
  get filtered(): readonly FilteredCircle[] {
    return [...this.#classes.circles.filtered, ...this.#instances.circles.filtered];
  }

  /** True when a circle with this fingerprint was reported. */
  wasReported(circleFingerprint: string): boolean {
    return [this.#classes, this.#instances].some(({ circles }) => circles.wasReported(circleFingerprint));
  }

  contextBegins(context: Context): void {
    this.#classes.circles.contextBegins(context);
    this.#instances.circles.contextBegins(context);
  }

  /**
   * What is settled teaches nothing, whether it counts or not: the usual answer comes first, without a closure. False where
   * that is not so, or where histories were joined.
   */
  teachesNothing(owed: ClassId, history: History | null, since: Tick): boolean {
    for (let step = history; step !== null && step.at > since; step = step.left) {
      if (step.right !== null) return false;
      // What was taken is asked itself: its wait need not be made for that.
      const waited = step.held ?? step.wait;
      if (waited === null || !hasWaited(waited, since)) continue;
      if (!this.knows(owed, waited)) return false;
    }
    return true;
  }

  /** True when there is nothing more to learn from `owed` having had to wait for this. */
  knows(owed: ClassId, { object, how }: EventContext | Wait): boolean {
    if (!this.store.isSettled(owed, object.classOf(WRITE_BIT))) return false;
    return !awaitsReaders(object.key, how, this.#policy) || this.store.isSettled(owed, object.classOf(READ_BIT));
  }

  /** `owed` cannot happen before what this wait waits for does. */
  learn(
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
      this.#tools.notice('maxClasses');
      return;
    }
    if (this.store.isSettled(owed, awaited)) return;
    const seen = { rule, context, held, wait, event: event === null ? null : { ...event, stack: null } };
    this.#learnNew(seen, owed, awaited);
  }

  /** A dependency with an interrupt at one end. */
  learnIrq(from: ClassId, to: ClassId, timed: boolean, describe: () => Dependency): void {
    if (from < 0 || to < 0) {
      this.#tools.notice('maxClasses');
      return;
    }
    const { graph } = this.store;
    const known = graph.edgeOf(from, to);
    if (known >= 0) {
      if (timed || !this.store.dependency(known).timed) return;
      this.#tools.session.lessons++;
      this.store.replace(known, describe());
      this.#classes.circles.harden(known);
      return;
    }
    if (this.#isFull(this.#classes)) return;
    this.#tools.session.lessons++;
    const result = graph.add(from, to);
    const edge = graph.edgeOf(from, to);
    this.store.add(edge, describe(), null);
    if (result === 'closes-circle') this.#classes.circles.close(edge);
  }

  #learnNew(seen: Observation, owed: ClassId, awaited: ClassId): void {
    const owner = seen.held?.object ?? seen.event?.object ?? seen.wait.object;
    const { object } = seen.wait;
    const isAlike =
      this.#policy.sameClass !== 'class' &&
      (owner.key === object.key || this.#families.isOne(owner.key, seen, owed, awaited));
    const describe = (): Dependency => this.#evidence.describe(seen, owed, awaited);
    if (!isAlike || owner.subclass !== object.subclass) {
      this.#insert(this.#classes, owed, awaited, seen, describe);
      return;
    }
    const { classes, histories, now } = this.#tools.session;
    if (owner === object && (this.#drained.isAlone(seen, now) || isOfPeer(seen, histories))) return;
    const tail = this.#families.node(owner, classes.get(owed));
    const head = this.#families.node(object, classes.get(awaited));
    const layer = this.#instances;
    if (tail === null || head === null) return;
    if (!layer.store.isSettled(tail, head)) this.#insert(layer, tail, head, seen, describe);
  }

  #insert(layer: Layer, from: number, to: number, seen: Observation, describe: () => Dependency): void {
    const { store } = layer;
    const known = store.graph.edgeOf(from, to);
    const isGrouped = isOfOneGroup(seen.held, seen.wait);
    // What contexts that back off do tells nothing of a dependency that is known without them.
    if (isGrouped && known >= 0 && !store.isGrouped(known)) return;
    const holds = this.#policy.filters ? holdsAround(seen.held, seen.wait, this.#tools.session.histories) : [];
    const sighting = this.#evidence.sighting(seen, holds);
    const noteAround = (edge: number): void => this.#pools.note(layer, edge, seen, sighting, holds);
    if (known >= 0) {
      if (layer === this.#classes) this.#families.noteInstances(known, seen);
      this.#seenAgain(layer, known, { isGrouped, isTimed: seen.wait.timed, sighting }, describe, noteAround);
      return;
    }
    if (this.#isFull(layer)) return;
    this.#tools.session.lessons++;
    const result = store.graph.add(from, to);
    const edge = store.graph.edgeOf(from, to);
    const dependency = describe();
    store.add(edge, dependency, sighting, isGrouped);
    noteAround(edge);
    if (layer === this.#classes) {
      this.#families.noteInstances(edge, seen);
      this.#tools.onDependency(dependency);
    }
    if (result !== 'closes-circle') return;
    layer.circles.close(edge);
    this.#pools.circleClosed();
  }

  /** A known dependency: what is better evidence than it has, or was not seen around it before, may make a circle count. */
  #seenAgain(
    { store, circles }: Layer,
    edge: number,
    now: { readonly isGrouped: boolean; readonly isTimed: boolean; readonly sighting: Sighting | null },
    describe: () => Dependency,
    noteAround: (edge: number) => void,
  ): void {
    const { session } = this.#tools;
    if (store.isGrouped(edge) && !now.isGrouped) {
      session.lessons++;
      store.ungroup(edge, describe());
      store.addSighting(edge, now.sighting);
      noteAround(edge);
      circles.reconsider(edge);
      circles.close(edge);
      return;
    }
    if (store.dependency(edge).timed && !now.isTimed) {
      session.lessons++;
      store.replace(edge, describe());
      circles.harden(edge);
    }
    const isNew = store.addSighting(edge, now.sighting);
    noteAround(edge);
    if (!isNew) return;
    session.lessons++;
    circles.reconsider(edge);
  }

  #isFull({ store, limit }: Layer): boolean {
    const isFull = store.graph.edgeCount >= this.#tools.session.limits[limit];
    if (isFull) this.#tools.notice(limit);
    return isFull;
  }
}

/** A hold begins when its wait has ended; a wait by itself may have ended before. */
function hasWaited(waited: EventContext | Wait, since: Tick): boolean {
  return waited instanceof EventContext ? waited.hasWait : waited.endsAfter(since);
}
