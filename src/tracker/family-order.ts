import { shortestPath } from '../core/circle-search.ts';
import { type ClassKey, type EventClass, USER_SUBCLASSES } from '../core/classes.ts';
import type { ClassId } from '../core/ids.ts';
import type { EventBit, TrackedObject } from '../core/tracked-object.ts';
import type { Families, Take } from './families.ts';
import { InstanceNodes } from './instance-nodes.ts';
import type { Layer } from './layer.ts';
import type { Observation } from './observation.ts';

/**
 * Which dependencies are of instances and not of classes: those within a class, and those within a family of classes, also where
 * it is found out later that these are one.
 */
export class FamilyOrder {
  readonly #families: Families;
  readonly #nodes: InstanceNodes = new InstanceNodes();
  readonly #classes: Layer;
  readonly #pairs: Layer;
  /** The layer has no room for one more. */
  readonly #isFull: (layer: Layer) => boolean;

  constructor(families: Families, classes: Layer, pairs: Layer, isFull: (layer: Layer) => boolean) {
    this.#families = families;
    this.#classes = classes;
    this.#pairs = pairs;
    this.#isFull = isFull;
  }

  /** The node of an instance's event in the layer of instances; null for a new one where no pair has room any more. */
  node(object: TrackedObject, eventClass: EventClass): number | null {
    const known = this.#nodes.known(object.id, bitOf(eventClass));
    return known !== null || this.#isFull(this.#pairs) ? known : this.#nodes.of(object.id, bitOf(eventClass));
  }

  /**
   * True where the two are known by the places of their first use, and these are of one family: also as found out now, because
   * the circle that this would close has a place which takes objects of both.
   */
  isOne(from: ClassKey, { held, wait }: Observation, owed: ClassId, awaited: ClassId): boolean {
    const to = wait.object.key;
    if (!from.isByUse || !to.isByUse || from.kind !== to.kind) return false;
    if (this.#families.areOne(from, to)) return true;
    const { store } = this.#classes;
    const path = store.graph.edgeOf(owed, awaited) >= 0 ? null : shortestPath(store.graph, awaited, owed);
    if (path === null) return false;
    const known = path.map((edge) => store.dependency(edge));
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

  /** Should the two classes turn out to be of one family, each pair counts. */
  noteInstances(edge: number, { held, wait }: Observation): void {
    const to = wait.object;
    if (held?.object.key.isByUse !== true || !to.key.isByUse || held.object.key.kind !== to.key.kind) return;
    const { store } = this.#classes;
    if (this.#families.note(edge, held.object.id, to.id)) store.keepOpen(edge);
    else store.maySettle(edge);
  }

  /** What is known of classes that are of one family now is known of the instances that it was seen with, no more. */
  #divide(): void {
    const { store, circles } = this.#pairs;
    const classes = this.#classes.store;
    for (const [edge, pairs] of this.#families.pairs) {
      const dependency = classes.dependency(edge);
      if (!this.#families.areOne(dependency.from.key, dependency.to.key)) continue;
      classes.keepOpen(edge);
      for (const [from, to] of pairs) {
        if (this.#isFull(this.#pairs)) break;
        const tail = this.#nodes.of(from, bitOf(dependency.from));
        const head = this.#nodes.of(to, bitOf(dependency.to));
        if (store.graph.edgeOf(tail, head) >= 0) continue;
        const result = store.graph.add(tail, head);
        const pair = store.graph.edgeOf(tail, head);
        store.add(pair, dependency, classes.sightings(edge)?.[0] ?? null);
        if (result === 'closes-circle') circles.close(pair);
      }
    }
  }
}

function bitOf({ sub }: EventClass): EventBit {
  return sub >= USER_SUBCLASSES ? 1 : 0;
}
