/** Who depends on whom the other way round, as it is when this is made. O(dependencies). */
export class Dependents<T> {
  readonly #of = new Map<T, T[]>();

  /** @param neededBy what each of them depends on */
  constructor(all: Iterable<T>, neededBy: (each: T) => Iterable<T>) {
    for (const each of all) {
      for (const needed of neededBy(each)) {
        const known = this.#of.get(needed);
        if (known === undefined) this.#of.set(needed, [each]);
        else known.push(each);
      }
    }
  }

  /** True when something depends on it. */
  has(needed: T): boolean {
    return this.#of.has(needed);
  }

  /** These and all that depend on one of them, directly or not. Linear in those. */
  behind(first: Iterable<T>): ReadonlySet<T> {
    const found = new Set(first);
    for (const each of found) for (const other of this.#of.get(each) ?? []) found.add(other);
    return found;
  }
}
