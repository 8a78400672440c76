import { existsSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { addSuppressions, formatSuppressions, parseSuppressions, type Suppression } from '../reports/suppressions.ts';
import type { Finding } from '../src/core/finding.ts';
import { readInput } from './input-file.ts';
import { UsageError } from './usage-error.ts';

/** What a suppression is made from. */
export type Suppressible = Pick<Finding, 'fingerprint' | 'code' | 'message'>;

export interface Changes {
  /** Findings to be suppressed from now on; those with an entry keep it and its reason. */
  readonly add?: { readonly findings: readonly Suppressible[]; readonly reason: string };
  /** Fingerprints that were seen: entries for anything else are dropped. */
  readonly keepOnly?: ReadonlySet<string>;
}

/** What says that the folder keeps its entries, as it does where one file alone is mounted. */
const KEPT: ReadonlySet<string> = new Set(['EACCES', 'EPERM', 'EBUSY', 'EROFS', 'EXDEV']);

/** A file of suppressions, as commands read and change it. */
export class SuppressionFile {
  /** As the user named it. */
  readonly name: string;
  readonly path: string;
  readonly #cwd: string;

  constructor(name: string, cwd: string) {
    this.name = name;
    this.path = resolve(cwd, name);
    this.#cwd = cwd;
  }

  get exists(): boolean {
    return existsSync(this.path);
  }

  /** @throws UsageError when it is not there or holds something else */
  read(): readonly Suppression[] {
    return readInput(this.name, this.#cwd, parseSuppressions, 'file of suppressions');
  }

  /**
   * Changes the file; a file that would not change is not written.
   * @returns a sentence for each thing that was done
   * @throws UsageError when it cannot be read or written, DeptError for a reason that says nothing
   */
  change({ add, keepOnly }: Changes): readonly string[] {
    const known = this.exists ? this.read() : [];
    const kept = keepOnly === undefined ? known : known.filter(({ fingerprint }) => keepOnly.has(fingerprint));
    const all = add === undefined ? kept : addSuppressions(kept, add.findings, add.reason);
    const done: string[] = [];
    if (all.length > kept.length)
      done.push(`${amount(all.length - kept.length, 'suppression')} added to ${this.name}.`);
    if (kept.length < known.length) {
      done.push(`${amount(known.length - kept.length, 'stale suppression')} dropped from ${this.name}.`);
    }
    if (done.length > 0 || (add !== undefined && !this.exists)) this.#write(all);
    return done;
  }

  /** Whole or not at all: a full disk must not cost the reasons that are there. */
  #write(suppressions: readonly Suppression[]): void {
    const path = this.exists ? realpathSync(this.path) : this.path;
    const before = this.exists ? readInput(this.name, this.#cwd, (text): object => JSON.parse(text)) : {};
    const whole = `${path}.${process.pid}.tmp`;
    const text = formatSuppressions(suppressions, before);
    try {
      writeFileSync(whole, text, { flag: 'wx' });
      renameSync(whole, path);
    } catch (error) {
      rmSync(whole, { force: true });
      if (KEPT.has(String((error as NodeJS.ErrnoException).code))) this.#writeInPlace(path, text);
      else throw this.#unwritable(error);
    }
  }

  #writeInPlace(path: string, text: string): void {
    try {
      writeFileSync(path, text);
    } catch (error) {
      throw this.#unwritable(error);
    }
  }

  #unwritable(error: unknown): UsageError {
    return new UsageError(`Cannot write ${this.name}: ${(error as Error).message}.`);
  }
}

/** `1 finding`, `2 findings`. */
export function amount(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
