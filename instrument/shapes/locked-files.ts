import { basename } from 'node:path';
import type { TrackedObject } from '../../src/core/tracked-object.ts';
import type { Claim } from './claim.ts';
import { NamedObjects } from './named-objects.ts';

/**
 * What is known of the files that a library locks, by their path. The class of a lock is the name of its file, so files of one
 * name in different folders are instances of one class.
 */
export class LockedFiles {
  readonly #files = new NamedObjects('file-lock', 'lockfile');
  readonly #held = new Map<string, Claim>();

  object(path: string): TrackedObject | null {
    return this.#files.of(path, basename(path));
  }

  /** The file is locked by what this claim asked for. */
  lend(path: string, claim: Claim): void {
    this.#held.set(path, claim);
  }

  /** It is unlocked. @param claim whose lock it was, where that is known */
  giveBack(path: string, claim: Claim | null = this.#held.get(path) ?? null): void {
    claim?.release();
    if (this.#held.get(path) === claim) this.#held.delete(path);
  }
}
