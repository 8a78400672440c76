import type { TrackedObject } from '../../src/core/tracked-object.ts';
import type { How, HowMuch } from '../../src/core/vocabulary.ts';
import { Claim } from './claim.ts';

/** The claims of one queue whose tasks have not begun, in the order in which they will. */
export class WaitingLine {
  readonly #claims: Claim[] = [];
  /** The claim of the call that runs now and may begin its task before it returns. */
  #arriving: Claim | null = null;

  /** Adds a task: `call` hands it to the library, which begins it at once or keeps it. */
  arrive<T>(object: TrackedObject | null, how: How, more: HowMuch | null, call: () => T, isFirst = false): [Claim, T] {
    const claim = new Claim(object, how, more);
    const outer = this.#arriving;
    this.#arriving = claim;
    try {
      const result = call();
      if (this.#arriving === claim) {
        if (isFirst) this.#claims.unshift(claim);
        else this.#claims.push(claim);
      }
      return [claim, result];
    } catch (error) {
      claim.refuse();
      throw error;
    } finally {
      this.#arriving = outer;
    }
  }

  /** The claim of the task that the library begins now; null for one that was added unseen. */
  begin(): Claim | null {
    const arriving = this.#arriving;
    if (arriving === null) return this.#claims.shift() ?? null;
    this.#arriving = null;
    return arriving;
  }

  /** The library has thrown away what has not begun. */
  clear(): void {
    for (const claim of this.#claims.splice(0)) claim.refuse();
  }
}
