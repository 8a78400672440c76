import { EINVAL, ENOENT, ENOMEM, ENOSPC } from '../sync/errno.ts';
import type { Gfp } from './mm/reclaim.ts';
import { kmalloc } from './slab.ts';
import { warnOn } from './warn.ts';

/** The largest `int`, and the largest id. */
export const INT_MAX = 0x7fff_ffff;

/**
 * `struct idr` (lib/idr.c): small numbers for pointers. NULL is a value as well: an id that is given out, and whose pointer
 * is not there yet. Callers lock.
 */
export class Idr<T extends object> {
  readonly #slots = new Map<number, T | null>();
  readonly #base: number;
  /** No id below it is free. */
  #lowest: number;

  /** @param base the smallest id (`idr_init_base`) */
  constructor(base = 0) {
    this.#base = base;
    this.#lowest = base;
  }

  /** Ids given out, those with NULL included. */
  get size(): number {
    return this.#slots.size;
  }

  /**
   * `idr_alloc`: the smallest free id from `start` to `end - 1`; without an end, and for the one that does not fit into an
   * `int`, up to INT_MAX. A range that ends below the base is none, as in the kernel: then the first free id is taken.
   *
   * @returns the id; -EINVAL, with a WARN, for a start that is negative as an `int`; -ENOSPC; -ENOMEM
   */
  alloc(pointer: T | null, start: number, end = 0, gfp: Gfp = 'GFP_ATOMIC'): number {
    if (warnOn((start | 0) < 0, `idr_alloc: start ${start | 0} < 0`)) return -EINVAL;
    if (!kmalloc('idr_alloc', gfp)) return -ENOMEM;
    const last = (end | 0) > 0 ? (end | 0) - 1 : INT_MAX;
    const limit = last < this.#base ? INT_MAX : last;
    const isFirstFree = start <= this.#lowest;
    let id = Math.max(start, this.#lowest);
    while (this.#slots.has(id)) id++;
    if (isFirstFree) this.#lowest = id;
    if (id > limit) return -ENOSPC;
    this.#slots.set(id, pointer);
    return id;
  }

  /** `idr_find`. @returns null for an id that is not given out, or has NULL */
  find(id: number): T | null {
    return this.#slots.get(id) ?? null;
  }

  /** `idr_replace`. @returns the pointer it had, or -ENOENT for an id that is not given out */
  replace(pointer: T | null, id: number): T | null | number {
    const before = this.#slots.get(id);
    if (before === undefined) return -ENOENT;
    this.#slots.set(id, pointer);
    return before;
  }

  /** `idr_remove`. @returns the pointer it had; null also for an id that is not given out */
  remove(id: number): T | null {
    const before = this.#slots.get(id) ?? null;
    if (this.#slots.delete(id)) this.#lowest = Math.min(this.#lowest, id);
    return before;
  }

  /** `idr_for_each`: ids with NULL are left out. */
  entries(): readonly (readonly [id: number, pointer: T])[] {
    return [...this.#slots].filter((slot): slot is [number, T] => slot[1] !== null).sort(([a], [b]) => a - b);
  }

  /** `idr_destroy` */
  destroy(): void {
    this.#slots.clear();
    this.#lowest = this.#base;
  }
}
