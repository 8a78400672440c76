interface Entry {
  readonly at: number;
  readonly callback: () => void;
}

/** Timers of a virtual clock, in order of time and then of arming. */
export class TimerQueue {
  readonly #entries: Entry[] = [];

  /** When the next timer is due; null without one. */
  get next(): number | null {
    return this.#entries[0]?.at ?? null;
  }

  /** @returns what cancels the timer */
  add(at: number, callback: () => void): () => void {
    const entry = { at, callback };
    this.#entries.splice(this.#after(at), 0, entry);
    return () => {
      const index = this.#entries.indexOf(entry);
      if (index >= 0) this.#entries.splice(index, 1);
    };
  }

  /** Removes the first timer. @returns its callback, null without one */
  shift(): (() => void) | null {
    return this.#entries.shift()?.callback ?? null;
  }

  /** The place behind every timer due at `at` or before. */
  #after(at: number): number {
    let low = 0;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#entries[middle] as Entry).at <= at) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
