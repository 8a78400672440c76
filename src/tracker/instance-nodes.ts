import type { ObjectId } from '../core/ids.ts';
import type { EventBit } from '../core/tracked-object.ts';

/**
 * Numbers for the nodes of a graph in which each node is an instance with an event bit: the order in which instances of one class
 * nest in each other. A consistent order (keys always ascending) is no deadlock; an inversion is, and so is the same instance twice.
 */
export class InstanceNodes {
  readonly #nodes = new Map<number, number>();

  /** The node of an instance's event, made on first use. */
  of(object: ObjectId, bit: EventBit): number {
    const known = this.known(object, bit);
    if (known !== null) return known;
    const node = this.#nodes.size;
    this.#nodes.set(keyOf(object, bit), node);
    return node;
  }

  /** The same without making one; null when there is none. */
  known(object: ObjectId, bit: EventBit): number | null {
    return this.#nodes.get(keyOf(object, bit)) ?? null;
  }
}

function keyOf(object: ObjectId, bit: EventBit): number {
  return object * 2 + bit;
}
