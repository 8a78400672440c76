/** `struct page_counter` (mm/page_counter.c): pages charged to one level of the tree, and how many may be. */
export class PageCounter {
  readonly parent: PageCounter | null;
  /** Pages; infinite for no limit. */
  max: number;
  /** The most there ever was. */
  watermark = 0;
  /** Charges that the limit refused. */
  failcnt = 0;
  /** This level and all above it. */
  readonly #levels: readonly PageCounter[];
  #usage = 0;

  constructor(parent: PageCounter | null, max: number = Number.POSITIVE_INFINITY) {
    this.parent = parent;
    this.max = max;
    this.#levels = [this, ...(parent === null ? [] : parent.#levels)];
  }

  /** Pages charged here and below. */
  get usage(): number {
    return this.#usage;
  }

  /** `page_counter_try_charge`: here and at every level above, or nowhere. @returns null, or the level that is full */
  tryCharge(pages: number): PageCounter | null {
    const full = this.#levels.find((level) => level.#usage + pages > level.max) ?? null;
    if (full !== null) {
      full.failcnt++;
      return full;
    }
    for (const level of this.#levels) {
      level.#usage += pages;
      level.watermark = Math.max(level.watermark, level.#usage);
    }
    return null;
  }

  /** `page_counter_uncharge`. @returns false, and takes nothing back, when less than that was charged */
  uncharge(pages: number): boolean {
    if (this.#usage < pages) return false;
    for (const level of this.#levels) level.#usage -= pages;
    return true;
  }
}
