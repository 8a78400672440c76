import { isOfPackage, type Stack } from '../../core/stack.ts';
import type { Cell, RecordingHeader, Verb } from './recording-format.ts';

/** Characters that are kept before they are written. */
const BUFFERED = 65_536;

/**
 * The text of a recording on its way out: buffered, bounded, whole lines. Stacks are kept unformatted until the buffer
 * is written: formatting is dear, and source maps may not be loaded before.
 */
export class RecordedLines {
  readonly #write: (text: string) => void;
  readonly #header: () => RecordingHeader;
  readonly #max: number;
  readonly #onLimit: () => void;
  readonly #stacks: { readonly number: number; readonly stack: Stack }[] = [];
  readonly #frames = new Map<string, number>();
  #text = '';
  #length = 0;
  #hasBegun = false;
  #isFull = false;

  constructor(write: (text: string) => void, header: () => RecordingHeader, max: number, onLimit: () => void) {
    this.#write = write;
    this.#header = header;
    this.#max = max;
    this.#onLimit = onLimit;
  }

  /** True once the bound is reached: later lines are dropped. */
  get isFull(): boolean {
    return this.#isFull;
  }

  /** True while there is nothing that a recording would be worth making for. */
  get isEmpty(): boolean {
    return this.#length === 0;
  }

  push(verb: Verb, ...cells: readonly Cell[]): void {
    if (this.#isFull) return;
    this.#append([verb, ...cells]);
    if (this.#length > this.#max) this.#end();
    else if (this.#text.length > BUFFERED) this.flush();
  }

  /** Declares a stack under this number when the buffer is written next, before every line that names it. */
  pushStack(number: number, stack: Stack): void {
    if (!this.#isFull) this.#stacks.push({ number, stack });
  }

  /** Gives everything to the writer. Before the first line there is nothing, not even a header. */
  flush(): void {
    const lines = this.#text;
    if (lines === '' && this.#stacks.length === 0) return;
    this.#text = '';
    if (!this.#hasBegun) this.#text = `${JSON.stringify(this.#header())}\n`;
    this.#hasBegun = true;
    for (const { number, stack } of this.#stacks.splice(0)) this.#declareStack(number, stack);
    const text = this.#text + lines;
    this.#text = '';
    this.#write(text);
  }

  #declareStack(number: number, stack: Stack): void {
    const numbers = stack.frames.map((frame) => {
      const { functionName, file, line, column } = frame;
      const key = JSON.stringify([functionName, file, line, column]);
      const known = this.#frames.get(key);
      if (known !== undefined) return known;
      const made = this.#frames.size + 1;
      this.#frames.set(key, made);
      // Of the path only this matters to a replay: code of a package lends nobody its name.
      const inPackage = isOfPackage(frame) ? ['/node_modules/'] : [];
      this.#append(['frame', made, functionName, file, line, column, ...inPackage]);
      return made;
    });
    this.#append(['stack', number, numbers]);
  }

  #append(cells: readonly Cell[]): void {
    const line = `${JSON.stringify(cells)}\n`;
    this.#length += line.length;
    this.#text += line;
  }

  #end(): void {
    this.#append(['limit', this.#max]);
    this.#isFull = true;
    this.flush();
    this.#onLimit();
  }
}
