import { type ClassKey, type ClassRegistry, USER_SUBCLASSES } from './classes.ts';
import type { EventContext } from './event-context.ts';
import type { Mark } from './history.ts';
import { type ClassId, NEVER, type ObjectId, type Tick } from './ids.ts';
import type { Wait } from './wait.ts';

/**
 * The handle an instrumented object carries (`struct dept_map`): its identity, its class key, and the stamp of the
 * request that is outstanding for it.
 */
export class TrackedObject {
  readonly id: ObjectId;
  readonly key: ClassKey;
  /** Sub-class chosen when the object was made, 0..7 (`sub_u`). */
  readonly subclass: number;
  /** Name of this very instance, for reports; the class name where none was given. */
  readonly label: string;
  /** When the last outstanding request for the event was made; 0 = nobody asks (`wgen`). */
  requestedAt: Tick = NEVER;
  /** The same without requests of sleeps that give up by themselves: Linux drops such a sleep whole. */
  untimedRequestedAt: Tick = NEVER;
  /** Keeps histories since the oldest outstanding request; null when nobody asks. */
  requestMark: Mark | null = null;
  /** The wait that made the last outstanding request; null when it was asked for by hand. */
  requestedBy: Wait | null = null;
  destroyed = false;
  /** Event contexts open for this object now, oldest first. */
  readonly holders: EventContext[] = [];
  /** The classes of the session this object belongs to. */
  readonly registry: ClassRegistry;
  readonly #classes: ClassId[] = [];

  constructor(id: ObjectId, key: ClassKey, registry: ClassRegistry, subclass: number, label: string) {
    this.id = id;
    this.key = key;
    this.registry = registry;
    this.subclass = subclass;
    this.label = label;
  }

  /** The class of this object's event with the given bit: 0 write or plain, 1 read. */
  classOf(bit: number): ClassId {
    const known = this.#classes[bit];
    if (known !== undefined) return known;
    const id = this.registry.classOf(this.key, this.subclass + bit * USER_SUBCLASSES);
    this.#classes[bit] = id;
    return id;
  }
}
