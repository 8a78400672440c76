import { shortestPath } from '../core/circle-search.ts';
import { type ClassKey, type EventClass, USER_SUBCLASSES } from '../core/classes.ts';
import type { Context } from '../core/context.ts';
import type { Dependency, Rule } from '../core/dependency.ts';
import { EventContext } from '../core/event-context.ts';
import type { FilteredCircle, Finding } from '../core/finding.ts';
import type { History } from '../core/history.ts';
import { type ClassId, NEVER, type Tick } from '../core/ids.ts';
import type { Limits } from '../core/limits.ts';
import type { Session } from '../core/session.ts';
import type { EventBit, TrackedObject } from '../core/tracked-object.ts';
import type { How } from '../core/vocabulary.ts';
import type { Wait } from '../core/wait.ts';
import { Circles } from './circles.ts';
import { DependencyStore } from './dependency-store.ts';
import { awaitedBits } from './event-bits.ts';
import { EventPlaces } from './event-places.ts';
import { Families, type Take } from './families.ts';
import { InstanceOrder } from './instance-order.ts';
import type { Interrupts } from './interrupts.ts';
import { isOfOneGroup } from './nesting.ts';
import { dependencyFrom, type Observation } from './observation.ts';
import type { ContextOrder } from './order.ts';
import type { Policy } from './policy.ts';
import { PoolShares, permitsOf, type Share } from './pool-shares.ts';
import { holdsAround, isUnconditional, type Sighting, sightingOf } from './sighting.ts';

/** Of who has part of a pool, and nothing keeps others from doing so too. */
const NO_LIMIT: Share = Object.freeze({ permits: 1, within: [] });

/** A graph of dependencies with its circles: one of classes, one of the instances within a class. */
interface Layer {
  readonly store: DependencyStore;
  readonly circles: Circles;
  readonly limit: 'maxDependencies' | 'maxInstancePairs';
}

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
  readonly #pools: PoolShares = new PoolShares();
  readonly #eventPlaces: EventPlaces = new EventPlaces();
  readonly #families: Families = new Families();
  readonly #classes: Layer;
  readonly #instances: InstanceOrder = new InstanceOrder();
  readonly #instancePairs: Layer;

  constructor(tools: LearningTools) {
    this.#tools = tools;
    this.#policy = tools.policy;
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

  contextBegins(context: Context): void {
    this.#classes.circles.contextBegins(context);
    this.#instancePairs.circles.contextBegins(context);
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
    const bits = awaitedBits(object.key, how, this.#policy);
    for (let i = 0; i < bits.length; i++) {
      if (!this.store.isSettled(owed, object.classOf(bits[i] as EventBit))) return false;
    }
    return true;
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
    this.#learnNew(seen, owed, awaited, bit);
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
    if (this.#isFull(this.store, 'maxDependencies')) return;
    this.#tools.session.lessons++;
    const result = graph.add(from, to);
    const edge = graph.edgeOf(from, to);
    this.store.add(edge, describe(), null);
    if (result === 'closes-circle') this.#classes.circles.close(edge);
  }

  #layer(store: DependencyStore, limit: Layer['limit']): Layer {
    const { session, interrupts, policy, emit } = this.#tools;
    return {
      store,
      limit,
      circles: new Circles(session, store, interrupts, policy, this.#pools, this.#families, emit),
    };
  }

  #learnNew(seen: Observation, owed: ClassId, awaited: ClassId, bit: EventBit): void {
    const owner = seen.held?.object ?? seen.event?.object ?? seen.wait.object;
    const isAlike =
      this.#policy.sameClass !== 'class' &&
      (owner.key === seen.wait.object.key || this.#isOneFamily(owner.key, seen, owed, awaited));
    const describe = (): Dependency => this.#describe(seen, owed, awaited);
    if (!isAlike || owner.subclass !== seen.wait.object.subclass) {
      this.#insert(this.#classes, owed, awaited, seen, describe);
      return;
    }
    const tail = this.#instances.node(owner, bitOf(this.#tools.session.classes.get(owed)));
    const head = this.#instances.node(seen.wait.object, bit);
    const layer = this.#instancePairs;
    if (!layer.store.isSettled(tail, head)) this.#insert(layer, tail, head, seen, describe);
  }

  /**
   * True where the two are known by the places of their first use, and these are of one family: also as found out now, because
   * the circle that this would close has a place which takes objects of both.
   */
  #isOneFamily(from: ClassKey, { held, wait }: Observation, owed: ClassId, awaited: ClassId): boolean {
    const to = wait.object.key;
    if (!from.isByUse || !to.isByUse || from.kind !== to.kind) return false;
    if (this.#families.areOne(from, to)) return true;
    const { graph } = this.store;
    const path = graph.edgeOf(owed, awaited) >= 0 ? null : shortestPath(graph, awaited, owed);
    if (path === null) return false;
    const known = path.map((edge) => this.store.dependency(edge));
    const takes: readonly Take[] = [
      { key: from, stack: held?.stack ?? null },
      { key: to, stack: wait.stack },
      ...known.flatMap((each) => [
        { key: each.from.key, stack: each.start.stack },
        { key: each.to.key, stack: each.wait.stack },
      ]),
    ].filter(({ key }) => key.isByUse && key.kind === from.kind);
    if (this.#families.join(takes)) this.#divide();
    return this.#families.areOne(from, to);
  }

  /** What is known of classes that are of one family now is known of the instances that it was seen with, no more. */
  #divide(): void {
    const { store, circles, limit } = this.#instancePairs;
    for (const [edge, pairs] of this.#families.pairs) {
      const dependency = this.store.dependency(edge);
      if (!this.#families.areOne(dependency.from.key, dependency.to.key)) continue;
      this.store.keepOpen(edge);
      for (const [from, to] of pairs) {
        const tail = this.#instances.nodeOf(from, bitOf(dependency.from));
        const head = this.#instances.nodeOf(to, bitOf(dependency.to));
        if (store.graph.edgeOf(tail, head) >= 0 || this.#isFull(store, limit)) continue;
        const result = store.graph.add(tail, head);
        const pair = store.graph.edgeOf(tail, head);
        store.add(pair, dependency, this.store.sightings(edge)?.[0] ?? null);
        if (result === 'closes-circle') circles.close(pair);
      }
    }
  }

  #insert(layer: Layer, from: number, to: number, seen: Observation, describe: () => Dependency): void {
    const { store, circles, limit } = layer;
    const { graph } = store;
    const known = graph.edgeOf(from, to);
    const isGrouped = isOfOneGroup(seen.held, seen.wait);
    // What contexts that back off do tells nothing of a dependency that is known without them.
    if (isGrouped && known >= 0 && !store.isGrouped(known)) return;
    const holds = this.#policy.filters ? holdsAround(seen.held, seen.wait, this.#tools.session.histories) : [];
    const sighting = this.#sighting(seen, holds);
    if (known >= 0) {
      if (store === this.store) this.#noteInstances(known, seen);
      if (store.isGrouped(known) && !isGrouped) {
        this.#tools.session.lessons++;
        store.ungroup(known, describe());
        store.addSighting(known, sighting);
        this.#noteAround(layer, known, seen, sighting, holds);
        circles.reconsider(known);
        circles.close(known);
        return;
      }
      if (store.dependency(known).timed && !seen.wait.timed) {
        this.#tools.session.lessons++;
        store.replace(known, describe());
        circles.harden(known);
      }
      const isNew = store.addSighting(known, sighting);
      this.#noteAround(layer, known, seen, sighting, holds);
      if (!isNew) return;
      this.#tools.session.lessons++;
      circles.reconsider(known);
      return;
    }
    if (this.#isFull(store, limit)) return;
    this.#tools.session.lessons++;
    const result = graph.add(from, to);
    const edge = graph.edgeOf(from, to);
    const dependency = describe();
    store.add(edge, dependency, sighting, isGrouped);
    this.#noteAround(layer, edge, seen, sighting, holds);
    if (store === this.store) {
      this.#noteInstances(edge, seen);
      this.#tools.onDependency(dependency);
    }
    if (result !== 'closes-circle') return;
    circles.close(edge);
    // Who waits for what leads to a circle from now on may be stuck with his share.
    for (const each of [this.#classes, this.#instancePairs]) each.circles.reconsiderPools();
  }

  /** Should the two turn out to be of one family, each pair counts. */
  #noteInstances(edge: number, { held, wait }: Observation): void {
    const to = wait.object;
    if (held?.object.key.isByUse !== true || !to.key.isByUse || held.object.key.kind !== to.key.kind) return;
    if (this.#families.note(edge, held.object.id, to.id)) this.store.keepOpen(edge);
    else this.store.maySettle(edge);
  }

  #isFull(store: DependencyStore, limit: Layer['limit']): boolean {
    const isFull = store.graph.edgeCount >= this.#tools.session.limits[limit];
    if (isFull) this.#tools.notice(limit);
    return isFull;
  }

  #noteAround(
    layer: Layer,
    edge: number,
    seen: Observation,
    sighting: Sighting | null,
    holds: readonly EventContext[],
  ): void {
    const { held, wait } = seen;
    const from = held?.object.key ?? null;
    const share = sighting?.share ?? NO_LIMIT;
    if (from !== null && from.capacity > 1 && this.#pools.note(from, layer.store.graph, edge, share))
      this.#runsDry(from);
    const to = wait.object.key;
    if (to.capacity > 1 && this.#pools.asked(to, permitsOf(wait))) this.#runsDry(to);
    if (sighting !== null) this.#noteHolds(layer, edge, seen, holds);
  }

  /** Only asynchronous code does several things at a time under one hold. */
  #noteHolds({ circles }: Layer, edge: number, { context, held }: Observation, holds: readonly EventContext[]): void {
    if (held === null || context.exact) return;
    const { histories } = this.#tools.session;
    const isBehind = (begin: Tick): boolean => {
      let isFound = false;
      histories.each(context.history, NEVER, (step) => {
        isFound ||= step.held?.begin === begin;
      });
      return isFound;
    };
    for (const hold of holds) {
      // What is over has let go of what was behind it.
      if (!hold.open || hold.begin >= held.begin) continue;
      const { key } = held.object;
      if (circles.done(edge, hold, held.begin, isBehind) && this.#pools.split(key, hold.object.id)) this.#runsDry(key);
    }
  }

  /** Pools of this class may run dry after all. */
  #runsDry(key: ClassKey): void {
    this.#classes.circles.reconsiderPools(key);
    this.#instancePairs.circles.reconsiderPools(key);
  }

  #sighting({ context, held }: Observation, holds: readonly EventContext[]): Sighting | null {
    if (!this.#policy.filters) return null;
    const sighting = sightingOf(context, held, holds, this.#tools.order);
    return isUnconditional(sighting) ? null : sighting;
  }

  /** The evidence of a new dependency. Stacks of here and now are exact, so they are taken now. */
  #describe(seen: Observation, owed: ClassId, awaited: ClassId): Dependency {
    const { classes, limits } = this.#tools.session;
    const here = this.#tools.session.capture();
    if (seen.rule === 'wait') seen.wait.stack = here;
    const event = seen.event === null ? null : { ...seen.event, stack: here };
    for (const key of [seen.held?.object.key, seen.wait.object.key]) {
      if (key !== undefined) key.captures = Math.max(key.captures, limits.maxStacksPerClass >> 2);
    }
    const dependency = dependencyFrom({ ...seen, event }, classes.get(owed), classes.get(awaited), this.#eventPlaces);
    return seen.rule === 'release' ? { ...dependency, event: { ...dependency.event, stack: here } } : dependency;
  }
}

function bitOf({ sub }: EventClass): EventBit {
  return sub >= USER_SUBCLASSES ? 1 : 0;
}

/** A hold begins when its wait has ended; a wait by itself may have ended before. */
function hasWaited(waited: EventContext | Wait, since: Tick): boolean {
  return waited instanceof EventContext ? waited.hasWait : waited.endsAfter(since);
}
