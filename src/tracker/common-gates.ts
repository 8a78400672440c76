import type { ExportedGate } from '../core/class-graph-export.ts';
import type { Dependency } from '../core/dependency.ts';
import type { DependencyStore } from './dependency-store.ts';

/** The locks that were held around a dependency each time it was seen; none when it was seen too often to tell. */
export function commonGates(store: DependencyStore): (dependency: Dependency) => readonly ExportedGate[] {
  return ({ from, to }) => {
    const edge = store.graph.edgeOf(from.id, to.id);
    const [first, ...others] = (edge < 0 ? null : store.sightings(edge)) ?? [];
    if (first === undefined) return [];
    return first.gates
      .filter(({ most }) => most === 1)
      .filter(({ object }) => others.every(({ gates }) => gates.some((gate) => gate.object === object)))
      .map(({ label, shared }) => ({ label, shared }));
  };
}
