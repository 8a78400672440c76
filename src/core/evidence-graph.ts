import { className, type EventClass } from './classes.ts';
import type { Dependency, Place } from './dependency.ts';
import type { Frame } from './stack.ts';

/** What an exported class graph keeps of a class. */
export interface ClassNode {
  /** As reports print it, sub-class included. */
  readonly name: string;
  readonly kind: string;
  readonly site: string | null;
}

/** What a report needs of it besides. */
export interface EventClassNode extends ClassNode {
  readonly sub: number;
  readonly capacity: number;
}

/** One of [S], [W], [E]. */
export interface ExportedPlace {
  readonly label: string | null;
  readonly frames: readonly Pick<Frame, 'functionName' | 'file' | 'line' | 'column'>[];
}

/** What it keeps of a dependency. */
export interface DependencyEdge {
  readonly rule: string;
  readonly context: string;
  readonly timed: boolean;
}

/** What a report needs of it besides. */
export interface EvidenceEdge extends DependencyEdge {
  readonly contextKind: string;
  readonly irqs: readonly string[];
  readonly start: ExportedPlace;
  readonly wait: ExportedPlace;
  readonly event: ExportedPlace;
  /** Locks that were held around it each time it was seen; `shared` when by a reader. */
  readonly gates: readonly ExportedGate[];
}

export interface ExportedGate {
  readonly label: string;
  readonly shared: boolean;
}

/** A class graph read back. */
export interface ClassGraph {
  readonly classes: readonly ClassNode[];
  /** Pairs of indices into `classes`. */
  readonly dependencies: readonly (DependencyEdge & { readonly from: number; readonly to: number })[];
}

/** A class graph with what reports are made from. */
export interface EvidenceGraph extends ClassGraph {
  readonly classes: readonly EventClassNode[];
  readonly dependencies: readonly (EvidenceEdge & { readonly from: number; readonly to: number })[];
}

/**
 * The dependencies with what reports need, as plain data that can be sent to another thread: classes in the order they are
 * met. O(classes + dependencies); reads the stacks.
 * @param gatesOf the locks that are known to surround each sighting of a dependency
 */
export function evidenceGraph(
  dependencies: Iterable<Dependency>,
  gatesOf: (dependency: Dependency) => readonly ExportedGate[],
): EvidenceGraph {
  const indexes = new Map<EventClass, number>();
  const indexOf = (eventClass: EventClass): number => {
    const known = indexes.get(eventClass);
    if (known !== undefined) return known;
    indexes.set(eventClass, indexes.size);
    return indexes.size - 1;
  };
  const edges = Array.from(dependencies, (dependency) => ({
    from: indexOf(dependency.from),
    to: indexOf(dependency.to),
    ...evidenceOf(dependency, gatesOf(dependency)),
  }));
  return { classes: Array.from(indexes.keys(), classNode), dependencies: edges };
}

export function classNode(eventClass: EventClass): EventClassNode {
  const { key, sub } = eventClass;
  return { name: className(eventClass), kind: key.kind, site: key.site, sub, capacity: key.capacity };
}

export function evidenceOf(dependency: Dependency, gates: readonly ExportedGate[]): EvidenceEdge {
  const { rule, context, timed, irqs, start, wait, event } = dependency;
  const places = { start: placeOf(start), wait: placeOf(wait), event: placeOf(event) };
  return { rule, context: context.name, contextKind: context.kind, timed, irqs, ...places, gates };
}

function placeOf({ label, stack }: Place): ExportedPlace {
  const frames = (stack?.frames ?? []).map(({ functionName, file, line, column }) => ({
    functionName,
    file,
    line,
    column,
  }));
  return { label, frames };
}
