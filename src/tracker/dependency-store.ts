import type { Dependency } from '../core/dependency.ts';
import { DependencyGraph } from '../core/graph.ts';
import type { Sighting } from './sighting.ts';

/** Sightings kept of a dependency; one that is seen more often counts as seen everywhere. */
const MAX_SIGHTINGS = 8;

/** What is known of one edge. */
interface Entry {
  dependency: Dependency;
  /** Null when there were too many, or one that nothing can exclude. */
  sightings: Sighting[] | null;
}

/**
 * The graph of dependencies with the evidence of each. A settled edge is one that no later sighting can change: meeting
 * it again costs one probe of the edge table and no allocation.
 */
export class DependencyStore {
  readonly graph: DependencyGraph = new DependencyGraph();
  readonly #entries: (Entry | undefined)[] = [];
  readonly #settled: boolean[] = [];

  /** True when the pair is known and meeting it again teaches nothing. */
  isSettled(from: number, to: number): boolean {
    const edge = this.graph.edgeOf(from, to);
    return edge >= 0 && this.#settled[edge] === true;
  }

  /** Evidence of an edge. @throws RangeError when the edge has none */
  dependency(edge: number): Dependency {
    return this.#entry(edge).dependency;
  }

  sightings(edge: number): readonly Sighting[] | null {
    return this.#entry(edge).sightings;
  }

  /** Stores the first evidence of an edge that the graph has just taken. */
  add(edge: number, dependency: Dependency, sighting: Sighting | null): void {
    releaseStacks(dependency);
    this.#entries[edge] = { dependency, sightings: sighting === null ? null : [sighting] };
    this.#settle(edge);
  }

  /** A better observation of a known edge replaces its evidence: one without a timeout. */
  replace(edge: number, dependency: Dependency): void {
    releaseStacks(dependency);
    this.#entry(edge).dependency = dependency;
    this.#settle(edge);
  }

  /** @returns true when the sighting tells something new, so that circles set aside must be looked at again */
  addSighting(edge: number, sighting: Sighting | null): boolean {
    const entry = this.#entry(edge);
    if (entry.sightings === null) return false;
    if (sighting !== null && entry.sightings.some((known) => isAlike(known, sighting))) return false;
    if (sighting === null || entry.sightings.length >= MAX_SIGHTINGS) entry.sightings = null;
    else entry.sightings.push(sighting);
    this.#settle(edge);
    return true;
  }

  *[Symbol.iterator](): IterableIterator<Dependency> {
    for (const entry of this.#entries) if (entry !== undefined) yield entry.dependency;
  }

  #settle(edge: number): void {
    const { dependency, sightings } = this.#entry(edge);
    this.#settled[edge] = sightings === null && !dependency.timed;
  }

  #entry(edge: number): Entry {
    const entry = this.#entries[edge];
    if (entry === undefined) throw new RangeError(`no dependency has the edge number ${edge}`);
    return entry;
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
