/** Pieces of text and where they go, in characters of the text that they go into. */
export class Insertions {
  static readonly NONE: Insertions = new Insertions([]);
  readonly #pieces: readonly (readonly [number, string])[];

  constructor(pieces: readonly (readonly [number, string])[]) {
    this.#pieces = pieces;
  }

  and(at: number, piece: string): Insertions {
    return new Insertions([...this.#pieces, [at, piece]]);
  }

  with(more: Insertions): Insertions {
    return new Insertions([...this.#pieces, ...more.#pieces]);
  }

  get isEmpty(): boolean {
    return this.#pieces.length === 0;
  }

  get pieces(): readonly { readonly at: number; readonly length: number }[] {
    return this.#pieces.map(([at, piece]) => ({ at, length: piece.length }));
  }

  /** Those that go into this piece of the text, as of its own beginning. */
  within(begin: number, end: number): Insertions {
    return new Insertions(
      this.#pieces.filter(([at]) => at >= begin && at <= end).map(([at, piece]) => [at - begin, piece] as const),
    );
  }

  into(text: string): string {
    let result = '';
    let from = 0;
    // Stable: of two at one place the first stays before.
    for (const [at, piece] of this.#pieces.toSorted(([one], [other]) => one - other)) {
      result += text.slice(from, at) + piece;
      from = at;
    }
    return result + text.slice(from);
  }
}
