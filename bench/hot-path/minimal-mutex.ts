/** The least a mutex of promises can be: what a program writes for itself. */
export class MinimalMutex {
  readonly #waiters: (() => void)[] = [];
  isLocked = false;

  lock(): Promise<void> {
    if (!this.isLocked) {
      this.isLocked = true;
      return Promise.resolve();
    }
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  unlock(): void {
    const next = this.#waiters.shift();
    if (next === undefined) this.isLocked = false;
    else next();
  }
}
