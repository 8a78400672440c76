/** Names remembered; one with any other counts as the only one of its name. */
const MAX_NAMES = 65_536;

/** How many contexts have had each name. A program may name one after each request. */
export class Namesakes {
  readonly #counts = new Map<string, number>();

  /** One more of this name. @returns how many there are now */
  add(name: string): number {
    const known = this.#counts.get(name);
    if (known === undefined && this.#counts.size >= MAX_NAMES) return 1;
    const count = (known ?? 0) + 1;
    this.#counts.set(name, count);
    return count;
  }

  isAlone(name: string): boolean {
    return (this.#counts.get(name) ?? 0) < 2;
  }
}
