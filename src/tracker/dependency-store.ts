import type { Dependency } from '../core/dependency.ts';
import { DependencyGraph } from '../core/graph.ts';
import type { Sighting } from './sighting.ts';

/** Sightings kept of a dependency; one that is seen more often counts as seen everywhere. */
const MAX_SIGHTINGS = 8;

/**
 * The graph of dependencies with the evidence of each. A settled edge is one that no later sighting can change: meeting
 * it again costs one probe of the edge table and no allocation.
 */
export class DependencyStore {
  readonly graph: DependencyGraph = new DependencyGraph();
  /** By edge number, as are the sightings: two arrays cost less than an object for each edge. */
  readonly #dependencies: (Dependency | undefined)[] = [];
  /** Null for an edge that was seen too often, or in a way that nothing can exclude. */
  readonly #sightings: (Sighting[] | null)[] = [];
  #settled = new Uint8Array(64);
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
    if (sighting !== null && known.some((other) => isAlike(other, sighting))) return false;
    if (sighting === null || known.length >= MAX_SIGHTINGS) this.#sightings[edge] = null;
    else known.push(sighting);
    this.#settle(edge);
    return true;
  }

  *[Symbol.iterator](): IterableIterator<Dependency> {
    for (const dependency of this.#dependencies) if (dependency !== undefined) yield dependency;
  }

  #settle(edge: number): void {
    if (edge >= this.#settled.length) {
      const larger = new Uint8Array(2 * edge);
      larger.set(this.#settled);
      this.#settled = larger;
    }
    const isFinal = this.sightings(edge) === null && !this.dependency(edge).timed && !this.isGrouped(edge);
    this.#settled[edge] = isFinal ? 1 : 0;
  }
}

/** Evidence stays as long as the process: its stacks must not keep the program's objects alive. */
function releaseStacks({ start, wait, event, waker, irqStack }: Dependency): void {
  for (const stack of [start.stack, wait.stack, event.stack, waker, irqStack]) stack?.release?.();
}

/** Same context, same gates: for the filters the two are one. */
function isAlike(a: Sighting, b: Sighting): boolean {
  return (
    a.context === b.context &&
    a.held === b.held &&
    a.gates.length === b.gates.length &&
    a.gates.every((gate, i) => gate.object === b.gates[i]?.object)
  );
}
