import { badRecording } from './recording-format.ts';

/** The cells of one line, read in order; every reader refuses what it does not expect. */
export class Cells {
  readonly line: number;
  readonly #cells: readonly unknown[];
  readonly #what: string;
  #at = 0;

  constructor(cells: readonly unknown[], what: string, line: number) {
    this.#cells = cells;
    this.#what = what;
    this.line = line;
  }

  count(): number {
    const cell = this.#next();
    if (!Number.isSafeInteger(cell) || (cell as number) < 0) this.refuse('a whole number from 0');
    return cell as number;
  }

  flag(): boolean {
    const cell = this.#next();
    if (cell !== 0 && cell !== 1) this.refuse('0 or 1');
    return cell === 1;
  }

  text(): string {
    const cell = this.#next();
    if (typeof cell !== 'string') this.refuse('a string');
    return cell as string;
  }

  textOrNull(): string | null {
    return this.#cells[this.#at] === null ? (this.#next() as null) : this.text();
  }

  oneOf<T extends string>(allowed: readonly T[]): T {
    const cell = this.#next();
    const found = allowed.find((candidate) => candidate === cell);
    if (found === undefined) this.refuse(`one of ${allowed.join(', ')}`);
    return found as T;
  }

  /** A list of cells inside this one. */
  cells(): Cells {
    const cell = this.#next();
    if (!Array.isArray(cell)) this.refuse('a list');
    return new Cells(cell as unknown[], this.#what, this.line);
  }

  /** An object, or null for 0. */
  fields(): Readonly<Record<string, unknown>> | null {
    const cell = this.#next();
    if (cell === 0) return null;
    if (typeof cell !== 'object' || cell === null || Array.isArray(cell)) this.refuse('an object or 0');
    return cell as Record<string, unknown>;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#cells.length;
  }

  refuse(expected: string): never {
    const found = JSON.stringify(this.#cells[this.#at - 1]) ?? 'nothing';
    throw badRecording(
      this.line,
      `cell ${this.#at} of ${JSON.stringify(this.#what)} is ${found}, expected ${expected}`,
    );
  }

  #next(): unknown {
    return this.#cells[this.#at++];
  }
}
