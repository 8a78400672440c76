import type { Io } from './io.ts';

/** Work that takes longer than that says how far it is. */
const EVERY_MS = 2_000;

/** Says on standard error, every few seconds, how far long work is. */
export class Progress {
  readonly #io: Io;
  #said: number = Date.now();

  constructor(io: Io) {
    this.#io = io;
  }

  /** May be called often: most calls only look at the clock. */
  at(where: () => string): void {
    if (Date.now() - this.#said < EVERY_MS) return;
    this.#said = Date.now();
    this.#io.stderr.write(`dept: ${where()}\n`);
  }
}
