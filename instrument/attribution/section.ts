/** Code of which others have to know while it runs. */
export class Section {
  #runs = false;

  /** True while it runs. */
  get runs(): boolean {
    return this.#runs;
  }

  run<T>(code: () => T): T {
    const outer = this.#runs;
    this.#runs = true;
    try {
      return code();
    } finally {
      this.#runs = outer;
    }
  }
}
