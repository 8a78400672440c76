import type { ObjectId } from '../core/ids.ts';
import type { TrackedObject } from '../core/tracked-object.ts';
import { DependencyStore } from './dependency-store.ts';

/**
 * The order in which instances of one class nest in each other, as a graph of its own. A consistent order (keys always
 * ascending) is no deadlock; an inversion is, and so is the same instance twice. A node is an instance with an event bit.
 */
export class InstanceOrder {
  readonly store: DependencyStore = new DependencyStore();
  readonly #nodes = new Map<number, number>();

  /** The node of an instance's event, made on first use. */
  node(object: TrackedObject, bit: number): number {
    return this.nodeOf(object.id, bit);
  }

  nodeOf(object: ObjectId, bit: number): number {
    const key = object * 2 + bit;
    const known = this.#nodes.get(key);
    if (known !== undefined) return known;
    const node = this.#nodes.size;
    this.#nodes.set(key, node);
    return node;
  }
}
