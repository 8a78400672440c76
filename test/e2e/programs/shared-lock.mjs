export class Lock {
  #isTaken = false;
  #waiting = [];
  async acquire() {
    if (this.#isTaken) await new Promise((resolve) => this.#waiting.push(resolve));
    this.#isTaken = true;
  }
  release() {
    this.#isTaken = false;
    this.#waiting.shift()?.();
  }
}

export const shared = new Lock();
