/** Something that goes on and ends once: a work item, a reader. */
export class Ending {
  readonly #callbacks: (() => void)[] = [];
  #ended = false;

  get ended(): boolean {
    return this.#ended;
  }

  /** Calls back at the end; at once when it has ended. */
  onEnd(callback: () => void): void {
    if (this.#ended) callback();
    else this.#callbacks.push(callback);
  }

  end(): void {
    this.#ended = true;
    for (const callback of this.#callbacks.splice(0)) callback();
  }
}

/** Calls back when all have ended; at once when none goes on. */
export function whenAllEnded(endings: Iterable<Ending>, callback: () => void): void {
  const open = [...endings].filter((ending) => !ending.ended);
  let left = open.length;
  if (left === 0) {
    callback();
    return;
  }
  for (const ending of open) {
    ending.onEnd(() => {
      if (--left === 0) callback();
    });
  }
}
