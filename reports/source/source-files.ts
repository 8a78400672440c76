import { readFileSync, statSync } from 'node:fs';
import { isAbsolute, join, relative, resolve, sep } from 'node:path';
import type { Frame } from '../../src/core/stack.ts';
import type { SourceLines } from '../text/code-frame.ts';

/** A file beyond that is no source anybody wrote. */
const MAX_BYTES = 4_000_000;
const LINE_END = /\r\n|\n/;

/** Reads the program's own files for code frames; each file once, and never one that a recorded finding made up. */
export class SourceFiles implements SourceLines {
  readonly #folder: string;
  readonly #embedded: (path: string) => string | null;
  readonly #lines = new Map<string, readonly string[] | null>();

  /**
   * @param folder where package-relative files are looked for, and what printed paths are relative to
   * @param embedded text of a file that is not there, as a source map may have it
   */
  constructor(folder: string, embedded: (path: string) => string | null = () => null) {
    this.#folder = resolve(folder);
    this.#embedded = embedded;
  }

  readLine(frame: Frame, line: number): string | null {
    const path = this.#find(frame);
    return path === null ? null : (this.#read(path)?.[line - 1] ?? null);
  }

  /** Relative to the folder where the file is below it, so that terminals and editors can open it. */
  pathOf(frame: Frame): string {
    const path = this.#find(frame);
    if (path === null) return frame.file ?? '';
    const below = relative(this.#folder, path);
    return isOutside(below) ? path : below.split(sep).join('/');
  }

  /** A path the engine gave is where it says; one from a file may only be below the folder. */
  #find(frame: Frame): string | null {
    if (frame.path !== undefined && isAbsolute(frame.path)) return this.#read(frame.path) === null ? null : frame.path;
    if (frame.file === null || isAbsolute(frame.file)) return null;
    for (const base of ['.', 'node_modules']) {
      const path = join(this.#folder, base, frame.file);
      if (!isOutside(relative(this.#folder, path)) && this.#read(path) !== null) return path;
    }
    return null;
  }

  #read(path: string): readonly string[] | null {
    const known = this.#lines.get(path);
    if (known !== undefined) return known;
    let lines: readonly string[] | null = null;
    try {
      const facts = statSync(path);
      if (facts.isFile() && facts.size <= MAX_BYTES) lines = readFileSync(path, 'utf8').split(LINE_END);
    } catch {
      lines = this.#embedded(path)?.split(LINE_END) ?? null;
    }
    this.#lines.set(path, lines);
    return lines;
  }
}

function isOutside(below: string): boolean {
  return below === '' || below === '..' || below.startsWith(`..${sep}`) || isAbsolute(below);
}
