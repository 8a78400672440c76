/** A pointer that is read inside RCU readers and replaced at any time (`__rcu`). */
export class RcuPointer<T> {
  #value: T | null;

  constructor(value: T | null = null) {
    this.#value = value;
  }

  /** `rcu_dereference` */
  dereference(): T | null {
    return this.#value;
  }

  /** `rcu_assign_pointer`. @returns what it was before (`rcu_replace_pointer`) */
  assign(value: T | null): T | null {
    const before = this.#value;
    this.#value = value;
    return before;
  }

  /** `cmpxchg`: replaces the value if it is still `expected`. @returns true when it was */
  compareExchange(expected: T | null, value: T | null): boolean {
    if (this.#value !== expected) return false;
    this.#value = value;
    return true;
  }
}
