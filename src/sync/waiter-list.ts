/** A link of a `WaiterList`; belongs to one list at a time. */
export class WaiterLink {
  /** Owned by the list. */
  list: object | null = null;
  before: WaiterLink | null = null;
  after: WaiterLink | null = null;
}

/** A doubly linked queue: waiters leave from its middle when they give up. Every operation but `each` is constant. */
export class WaiterList<W extends WaiterLink> {
  #first: WaiterLink | null = null;
  #last: WaiterLink | null = null;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get first(): W | null {
    return this.#first as W | null;
  }

  push(waiter: W): void {
    this.insertBefore(waiter, null);
  }

  /** Puts `waiter` before `next`, at the end when there is none. */
  insertBefore(waiter: W, next: W | null): void {
    const before = next === null ? this.#last : next.before;
    waiter.list = this;
    waiter.before = before;
    waiter.after = next;
    if (before === null) this.#first = waiter;
    else before.after = waiter;
    if (next === null) this.#last = waiter;
    else next.before = waiter;
    this.#size++;
  }

  /** @returns false when the waiter was not in this list */
  remove(waiter: W): boolean {
    if (waiter.list !== this) return false;
    const { before, after } = waiter;
    if (before === null) this.#first = after;
    else before.after = after;
    if (after === null) this.#last = before;
    else after.before = before;
    waiter.list = null;
    waiter.before = null;
    waiter.after = null;
    this.#size--;
    return true;
  }

  shift(): W | null {
    const first = this.first;
    if (first !== null) this.remove(first);
    return first;
  }

  /** Oldest first. The visited waiter may be removed. */
  *[Symbol.iterator](): IterableIterator<W> {
    for (let at = this.#first; at !== null; ) {
      const next: WaiterLink | null = at.after;
      yield at as W;
      at = next;
    }
  }
}
