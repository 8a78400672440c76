import type { PartText } from './lock-candidate.ts';

const OWN_PART = /\bthis\s*\.\s*(#?[\w$]+)/g;

/** Which parts of a lock call which. */
export class PartCalls {
  readonly #parts: ReadonlyMap<string, PartText>;
  readonly #named = new Map<PartText, readonly PartText[]>();

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
      for (const other of this.#namedBy(one)) seen.add(other);
    }
    seen.delete(part);
    return [...seen];
  }

  /** Parts that a text calls, or hands on. */
  named(text: string): readonly PartText[] {
    const names = new Set([...text.matchAll(OWN_PART)].map(([, name]) => name as string));
    return [...names].map((name) => this.#parts.get(name)).filter((part) => part !== undefined);
  }

  #namedBy(part: PartText): readonly PartText[] {
    const known = this.#named.get(part) ?? this.named(part.text);
    this.#named.set(part, known);
    return known;
  }
}
