import { type ClassKey, type ClassRegistry, USER_SUBCLASSES } from './classes.ts';
import type { EventContext } from './event-context.ts';
import type { Mark } from './history.ts';
import { type ClassId, NEVER, type ObjectId, type Tick } from './ids.ts';
import type { Wait } from './wait.ts';

/** Which event of an object: 0 the plain or writer's one, 1 the readers'. */
export type EventBit = 0 | 1;

const NONE: readonly EventContext[] = Object.freeze([]);

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
  /** Somebody has released what nobody had taken, or raised the limit: there may be more permits than the capacity says. */
  permitsAdded = false;
  /**
   * Somebody has released what nobody had taken, or asked for one while there were more than when others took theirs: whoever takes one
   * does not owe the next.
   */
  countsEvents = false;
  /** The classes of the session this object belongs to. */
  readonly registry: ClassRegistry;
  // Objects are many, and an array that was ever filled takes 150 bytes: nearly all have one holder and one class.
  #holder: EventContext | null = null;
  #moreHolders: EventContext[] | null = null;
  #plainClass: ClassId | null = null;
  #readersClass: ClassId | null = null;

  constructor(id: ObjectId, key: ClassKey, registry: ClassRegistry, subclass: number, label: string) {
    this.id = id;
    this.key = key;
    this.registry = registry;
    this.subclass = subclass;
    this.label = label;
  }

  /** Event contexts open for this object now, oldest first. */
  get holders(): readonly EventContext[] {
    if (this.#holder === null) return NONE;
    return this.#moreHolders === null ? [this.#holder] : [this.#holder, ...this.#moreHolders];
  }

  /** True when all who owe the event pass the test. */
  everyHolder(test: (held: EventContext) => boolean): boolean {
    if (this.#holder === null) return true;
    return test(this.#holder) && (this.#moreHolders?.every(test) ?? true);
  }

  /** The holder when there is just one. */
  get onlyHolder(): EventContext | null {
    return this.#moreHolders === null ? this.#holder : null;
  }

  get holderCount(): number {
    return this.#holder === null ? 0 : 1 + (this.#moreHolders?.length ?? 0);
  }

  get isHeld(): boolean {
    return this.#holder !== null;
  }

  addHolder(held: EventContext): void {
    if (this.#holder === null) this.#holder = held;
    else if (this.#moreHolders === null) this.#moreHolders = [held];
    else this.#moreHolders.push(held);
  }

  /** One that holds nothing is no error. O(1) for the only and for the youngest one. */
  removeHolder(held: EventContext): void {
    const more = this.#moreHolders;
    if (more === null) {
      if (this.#holder === held) this.#holder = null;
      return;
    }
    if (this.#holder === held) {
      this.#holder = more.shift() ?? null;
    } else if (more.at(-1) === held) {
      more.pop();
    } else if (more.includes(held)) {
      more.splice(more.indexOf(held), 1);
    }
    if (more.length === 0) this.#moreHolders = null;
  }

  /** Somebody asks for its event: the last request wins. @returns the mark of the oldest one that is outstanding, when it is new */
  ask(at: Tick, by: Wait | null): Mark | null {
    this.requestedAt = at;
    this.requestedBy = by;
    if (by?.timed !== true) this.untimedRequestedAt = at;
    if (this.requestMark !== null) return null;
    this.requestMark = { at, held: null, previous: null, next: null };
    return this.requestMark;
  }

  /** Its event has happened: nobody asks for it any more. @returns the mark that is done with */
  answer(): Mark | null {
    const mark = this.requestMark;
    this.requestMark = null;
    this.requestedAt = NEVER;
    this.untimedRequestedAt = NEVER;
    this.requestedBy = null;
    return mark;
  }

  /** The class of this object's event; -1 when the registry is full. */
  classOf(bit: EventBit): ClassId {
    const known = bit === 0 ? this.#plainClass : this.#readersClass;
    if (known !== null) return known;
    const made = this.registry.classOf(this.key, this.subclass + bit * USER_SUBCLASSES);
    if (bit === 0) this.#plainClass = made;
    else this.#readersClass = made;
    return made;
  }
}
