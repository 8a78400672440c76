import type { PartText } from './lock-candidate.ts';

const OWN_PART = /\bthis\s*\.\s*(#?[\w$]+)/g;

/** Which parts of a lock call which. */
export class PartCalls {
  readonly #parts: ReadonlyMap<string, PartText>;
  readonly #names = new Map<PartText, readonly string[]>();

  constructor(parts: readonly PartText[]) {
    this.#parts = new Map(parts.map((part) => [part.name, part]));
  }

  /** True when `part` calls `other`, or a part that does. */
  leads(part: PartText, other: PartText): boolean {
    return this.from(part).includes(other);
  }

  /** What it calls, and what that calls. */
  from(part: PartText): readonly PartText[] {
    const seen = new Set([part]);
    for (const one of seen) {
      for (const name of this.#named(one)) {
        const other = this.#parts.get(name);
        if (other !== undefined) seen.add(other);
      }
    }
    seen.delete(part);
    return [...seen];
  }

  /** Parts of its own that a part calls, or hands on. */
  #named(part: PartText): readonly string[] {
    let names = this.#names.get(part);
    if (names === undefined) {
      names = [...new Set([...part.text.matchAll(OWN_PART)].map(([, name]) => name as string))];
      this.#names.set(part, names);
    }
    return names;
  }
}
