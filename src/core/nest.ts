import type { Context } from './context.ts';
import { EventContext } from './event-context.ts';
import { NEVER } from './ids.ts';
import type { TrackedObject } from './tracked-object.ts';
import type { How } from './vocabulary.ts';

/** Deeper ones are not told apart: who goes hand over hand through a list would make one after the other. */
const MAX_DEPTH = 16;
/** Ways of going on in one nest that are told apart. */
const MAX_INNER = 64;
/** All of them: tasks that know nothing of each other hold things in ever new orders. */
const MAX_NESTS = 4_096;

/**
 * What was owed when a hold began, the oldest first, and that hold: as far as whoever learns from their order can tell holds
 * apart. Some of it may have ended since.
 */
export class Nest {
  /** When all was known that the innermost hold teaches by ending before the others; -1 if that never was so. */
  knownAt = -1;
  /** Holds around the innermost one. */
  readonly depth: number;
  /** The nest around the innermost hold; null for the empty one. */
  readonly outer: Nest | null;
  /** A hold that can begin again as its innermost one; null where none may pass without a record. */
  passing: EventContext | null = null;
  /** Of the innermost hold, when this was met first. */
  readonly #object: TrackedObject | null;
  readonly #how: How | null;
  readonly #inner: Nest[] = [];
  /** The one of `inner` that was asked for last. */
  #latest: Nest | null = null;

  constructor(outer: Nest | null, innermost: EventContext | null) {
    this.outer = outer;
    this.depth = outer === null ? -1 : outer.depth + 1;
    this.#object = innermost?.object ?? null;
    this.#how = innermost?.how ?? null;
  }

  /** This one with such a hold more in it; null where it is not known. */
  with(object: TrackedObject, how: How): Nest | null {
    if (this.#latest?.endsWith(object, how) !== true) {
      this.#latest = this.#inner.find((nest) => nest.endsWith(object, how)) ?? null;
    }
    return this.#latest;
  }

  /** Null where there are too many. */
  add(held: EventContext): Nest | null {
    if (this.depth >= MAX_DEPTH || this.#inner.length >= MAX_INNER) return null;
    const nest = new Nest(this, held);
    this.#inner.push(nest);
    return nest;
  }

  /** True when that is its innermost hold, to whoever cannot tell it apart. */
  endsWith(object: TrackedObject, how: How): boolean {
    const mine = this.#object;
    return mine !== null && object.key === mine.key && how === this.#how && object.subclass === mine.subclass;
  }

  /** One that is such an innermost hold, and has ended; null for the nest of nothing. */
  anotherHold(context: Context): EventContext | null {
    if (this.#object === null || this.#how === null) return null;
    const held = new EventContext(this.#object, this.#how, null, context, NEVER, null, null, null, true);
    held.end = NEVER;
    held.nest = this;
    return held;
  }
}

/** All that were met, as a tree: to find that of a hold costs one comparison, whatever lies around it. */
export class Nests {
  /** Of nothing. */
  readonly root: Nest = new Nest(null, null);
  #count = 0;

  /** Of a hold that has just begun; null where it is not told apart from others. */
  of(held: EventContext): Nest | null {
    const { previous } = held;
    const outer = previous === null ? this.root : (previous.held?.nest ?? null);
    return outer === null ? null : (outer.with(held.object, held.how) ?? this.#add(outer, held));
  }

  #add(outer: Nest, held: EventContext): Nest | null {
    if (this.#count >= MAX_NESTS) return null;
    const nest = outer.add(held);
    if (nest !== null) this.#count++;
    return nest;
  }
}
