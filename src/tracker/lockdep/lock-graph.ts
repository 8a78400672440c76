import type { Stack } from '../../core/stack.ts';
import type { LockClass } from './lock-class.ts';

/** How a lock is held or wanted: 0 exclusive, 1 a reader that queues behind writers, 2 a reader that passes them. */
export type ReadKind = 0 | 1 | 2;

/**
 * Flavours of an edge. First letter: the earlier lock is held exclusively or shared; second: the later one is taken by a
 * recursive reader or by anything else.
 */
export const EN = 1;
export const ER = 2;
export const SN = 4;
export const SR = 8;

/** The flavour of "`next` taken while `prev` is held" (calc_dep). */
export function flavourOf(prev: ReadKind, next: ReadKind): number {
  const recursive = next === 2;
  if (prev === 0) return recursive ? ER : EN;
  return recursive ? SR : SN;
}

/** The flavours of a mask, by name. */
export function flavourNames(mask: number): readonly string[] {
  return ['EN', 'ER', 'SN', 'SR'].filter((_, bit) => (mask & (1 << bit)) !== 0);
}

/** "`to` was taken while `from` was held", in one or more flavours; the evidence is of the first time. */
export interface LockEdge {
  readonly from: LockClass;
  readonly to: LockClass;
  flavours: number;
  readonly stack: Stack | null;
}

/** The order in which classes were taken. Every edge stands in two lists, as in the kernel, which counts both. */
export class LockGraph {
  readonly #edges = new Map<number, LockEdge>();
  readonly #maxEntries: number;

  constructor(maxEntries: number) {
    this.#maxEntries = maxEntries;
  }

  /** Entries of both lists: two for an edge. */
  get entries(): number {
    return this.#edges.size * 2;
  }

  get full(): boolean {
    return this.entries + 2 > this.#maxEntries;
  }

  edge(from: LockClass, to: LockClass): LockEdge | null {
    return this.#edges.get(edgeKey(from, to)) ?? null;
  }

  /** Call only when `edge(from, to)` is null and the graph is not full. */
  add(from: LockClass, to: LockClass, flavours: number, stack: Stack | null): LockEdge {
    const edge: LockEdge = { from, to, flavours, stack };
    this.#edges.set(edgeKey(from, to), edge);
    from.after.push(edge);
    to.before.push(edge);
    return edge;
  }

  [Symbol.iterator](): IterableIterator<LockEdge> {
    return this.#edges.values();
  }
}

/** Ids stay below 2^26, so that the product is exact. */
function edgeKey(from: LockClass, to: LockClass): number {
  return from.id * 0x4000000 + to.id;
}
