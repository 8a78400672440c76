import type { Dependency } from '../core/dependency.ts';
import { DependencyGraph } from '../core/graph.ts';
import { inCommon, isAlike, isUnconditional, type Sighting } from './sighting.ts';

/** Different sightings kept of a dependency; what more of them have in common is kept as one. */
const MAX_SIGHTINGS = 8;
/** A dependency that was seen as often as this in no new way settles, unless a circle was set aside because of it. */
const SEEN_ENOUGH = 64;

/**
 * The graph of dependencies with the evidence of each. A settled edge is one that no later sighting can change: meeting
 * it again costs one probe of the edge table and no allocation.
 */
export class DependencyStore {
  readonly graph: DependencyGraph = new DependencyGraph();
  /** How often an edge that was settled is so no more. */
  reopened = 0;
  /** By edge number, as are the sightings: two arrays cost less than an object for each edge. */
  readonly #dependencies: (Dependency | undefined)[] = [];
  /** Null for an edge that was seen in a way that nothing can exclude. */
  readonly #sightings: (Sighting[] | null)[] = [];
  /** How often an edge was seen in no new way. */
  #repeats = new Uint8Array(64);
  /** Edges of circles that were set aside because of how they were seen. */
  readonly #watched = new Set<number>();
  #settled = new Uint8Array(64);
  /** Edges of which each sighting may be one of other instances that matter. */
  readonly #open = new Set<number>();
  /** Edges seen under acquire contexts only, which back off for each other. */
  readonly #grouped = new Set<number>();

  /** Dependencies learnt so far. */
  get size(): number {
    return this.#dependencies.length;
  }

  /** True when the pair is known and meeting it again teaches nothing. */
  isSettled(from: number, to: number): boolean {
    const edge = this.graph.edgeOf(from, to);
    return edge >= 0 && this.#settled[edge] === 1;
  }

  /** Evidence of an edge. @throws RangeError when the edge has none */
  dependency(edge: number): Dependency {
    const dependency = this.#dependencies[edge];
    if (dependency === undefined) throw new RangeError(`no dependency has the edge number ${edge}`);
    return dependency;
  }

  sightings(edge: number): readonly Sighting[] | null {
    return this.#sightings[edge] ?? null;
  }

  /** True for an edge that was seen under acquire contexts only. */
  isGrouped(edge: number): boolean {
    return this.#grouped.has(edge);
  }

  /** Somebody without an acquire context does the same: its evidence counts from now on. */
  ungroup(edge: number, dependency: Dependency): void {
    this.#grouped.delete(edge);
    this.replace(edge, dependency);
  }

  /** Stores the first evidence of an edge that the graph has just taken. */
  add(edge: number, dependency: Dependency, sighting: Sighting | null, isGrouped = false): void {
    if (isGrouped) this.#grouped.add(edge);
    this.#sightings[edge] = sighting === null ? null : [sighting];
    this.replace(edge, dependency);
  }

  /** A better observation of a known edge replaces its evidence: one without a timeout. */
  replace(edge: number, dependency: Dependency): void {
    releaseStacks(dependency);
    this.#dependencies[edge] = dependency;
    this.#settle(edge);
  }

  /** @returns true when the sighting tells something new, so that circles set aside must be looked at again */
  addSighting(edge: number, sighting: Sighting | null): boolean {
    const known = this.#sightings[edge] ?? null;
    if (known === null) return false;
    if (sighting !== null && known.some((other) => isAlike(other, sighting))) {
      this.#repeated(edge);
      return false;
    }
    this.#sightings[edge] = sighting === null ? null : atMost([sighting, ...known]);
    this.#settle(edge);
    return true;
  }

  /** It depends on how this edge is seen whether a circle counts: it does not settle while nothing new was seen. */
  watch(edge: number): void {
    this.#watched.add(edge);
    this.#settle(edge);
  }

  /** It does not settle until it may. */
  keepOpen(edge: number): void {
    this.#open.add(edge);
    this.#settle(edge);
  }

  maySettle(edge: number): void {
    this.#open.delete(edge);
    this.#settle(edge);
  }

  unwatch(edge: number): void {
    this.#watched.delete(edge);
    this.#settle(edge);
  }

  *[Symbol.iterator](): IterableIterator<Dependency> {
    for (const dependency of this.#dependencies) if (dependency !== undefined) yield dependency;
  }

  #repeated(edge: number): void {
    if (this.#watched.has(edge)) return;
    const repeats = (this.#repeats[edge] ?? 0) + 1;
    this.#repeats[edge] = Math.min(repeats, SEEN_ENOUGH);
    if (repeats >= SEEN_ENOUGH) this.#settle(edge);
  }

  #settle(edge: number): void {
    if (edge >= this.#settled.length) {
      this.#settled = larger(this.#settled, 2 * edge);
      this.#repeats = larger(this.#repeats, 2 * edge);
    }
    const isSeenEnough = this.#repeats[edge] === SEEN_ENOUGH && !this.#watched.has(edge);
    const isSeen = this.sightings(edge) === null || isSeenEnough;
    const isFinal = isSeen && !this.dependency(edge).timed && !this.isGrouped(edge) && !this.#open.has(edge);
    if (!isFinal && this.#settled[edge] === 1) this.reopened++;
    this.#settled[edge] = isFinal ? 1 : 0;
  }
}

/** Evidence stays as long as the process: its stacks must not keep the program's objects alive. */
function releaseStacks({ start, wait, event, waker, irqStack }: Dependency): void {
  for (const stack of [start.stack, wait.stack, event.stack, waker, irqStack]) stack?.release?.();
}

function larger(bytes: Uint8Array<ArrayBuffer>, length: number): Uint8Array<ArrayBuffer> {
  const grown = new Uint8Array(length);
  grown.set(bytes);
  return grown;
}

/** Null for what nothing can exclude. */
function atMost(sightings: readonly [Sighting, ...Sighting[]]): Sighting[] | null {
  if (sightings.length <= MAX_SIGHTINGS) return [...sightings];
  const common = inCommon(sightings);
  return isUnconditional(common) ? null : [common];
}
