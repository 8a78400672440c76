/** What a cache calls the value of a call with these arguments. */
type KeyOf = (args: never) => unknown;

/** The function of a program that gives the keys of a cache: a call asks it once, as without dept, which has to know the key first. */
export class AskedKey {
  readonly #keyOf: KeyOf;
  #asked: { readonly key: unknown } | null = null;

  constructor(keyOf: KeyOf) {
    this.#keyOf = keyOf;
  }

  /** The key of the call that begins now. */
  ask(args: readonly unknown[]): unknown {
    const key = this.#keyOf(args as never);
    this.#asked = { key };
    return key;
  }

  /** For the cache, in place of the function. */
  readonly known: KeyOf = (args) => {
    const asked = this.#asked;
    this.#asked = null;
    return asked === null ? this.#keyOf(args) : asked.key;
  };
}
