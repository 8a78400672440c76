import type { EventContext } from './event-context.ts';

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
  readonly #key: unknown;
  readonly #subclass: number;
  readonly #how: unknown;
  readonly #inner: Nest[] = [];
  /** The one of `inner` that was asked for last. */
  #latest: Nest | null = null;

  constructor(depth: number, innermost: EventContext | null) {
    this.depth = depth;
    this.#key = innermost?.object.key;
    this.#subclass = innermost?.object.subclass ?? 0;
    this.#how = innermost?.how;
  }

  /** This one with a hold more in it; null where it is not known. */
  with(held: EventContext): Nest | null {
    if (this.#latest?.endsWith(held) !== true) this.#latest = this.#inner.find((nest) => nest.endsWith(held)) ?? null;
    return this.#latest;
  }

  /** Null where there are too many. */
  add(held: EventContext): Nest | null {
    if (this.depth >= MAX_DEPTH || this.#inner.length >= MAX_INNER) return null;
    const nest = new Nest(this.depth + 1, held);
    this.#inner.push(nest);
    return nest;
  }

  /** True when that is its innermost hold, to whoever cannot tell it apart. */
  endsWith({ object, how }: EventContext): boolean {
    return object.key === this.#key && how === this.#how && object.subclass === this.#subclass;
  }
}

/** All that were met, as a tree: to find that of a hold costs one comparison, whatever lies around it. */
export class Nests {
  readonly #root = new Nest(-1, null);
  #count = 0;

  /** Of a hold that has just begun; null where it is not told apart from others. */
  of(held: EventContext): Nest | null {
    const { previous } = held;
    const outer = previous === null ? this.#root : (previous.held?.nest ?? null);
    return outer === null ? null : (outer.with(held) ?? this.#add(outer, held));
  }

  #add(outer: Nest, held: EventContext): Nest | null {
    if (this.#count >= MAX_NESTS) return null;
    const nest = outer.add(held);
    if (nest !== null) this.#count++;
    return nest;
  }
}
