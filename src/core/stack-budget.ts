import type { ClassKey } from './classes.ts';
import type { EventContext } from './event-context.ts';
import type { History } from './history.ts';
import type { Stack, StackSource } from './stack.ts';
import type { TrackedObject } from './tracked-object.ts';

/** True when it would be new that the end of `held` has to wait for this object. */
export type Novelty = (held: EventContext, object: TrackedObject) => boolean;

/** Stacks of a class for what may be news, when those for anything are spent. Each lesson grants more of both. */
const MAX_NEWS = 32;

/** Steps that are looked at in a row, and joins in a row whose other side is looked at as well. */
const MAX_STEPS = 12;
const MAX_JOINS = 1;

/**
 * Stacks cost microseconds: a class has a few to spend, and the tracker grants more when it learns something new. Some are kept for what it
 * may learn from: a program asks a pool a hundred times before it does so in a transaction.
 */
export class StackBudget {
  novelty: Novelty | null = null;
  readonly #stacks: StackSource;
  /** By the number of a class: what was held last when nothing new was to be learnt from a use of it; null for nothing. */
  readonly #knownBehind: (ClassKey | null)[] = [];

  constructor(stacks: StackSource) {
    this.#stacks = stacks;
  }

  /** @param behind what the code has behind it that uses the object now */
  spend(object: TrackedObject, behind: History | null): Stack | null {
    const { key } = object;
    if (key.captures <= 0 && (behind === null || key.captures <= -MAX_NEWS || !this.#mayTeach(object, behind)))
      return null;
    key.captures--;
    return this.#stacks.capture();
  }

  /** A class may spend so many again. */
  grant(key: ClassKey, stacks: number): void {
    key.captures = Math.max(key.captures, stacks);
  }

  /** What has been asked of a class under the last thing that was held under it is not asked again. */
  #mayTeach(object: TrackedObject, behind: History): boolean {
    const last = lastHeld(behind);
    if (this.#knownBehind[object.key.id] === last) return false;
    if (this.#isNews(object, behind, MAX_JOINS)) return true;
    this.#knownBehind[object.key.id] = last;
    return false;
  }

  /** Something is held, and it would be new that its end has to wait for the object. */
  #isNews(object: TrackedObject, behind: History, joins: number): boolean {
    if (this.novelty === null) return false;
    let step: History | null = behind;
    for (let left = MAX_STEPS; step !== null && left > 0; left--) {
      const { held, right } = step;
      if (held?.open === true && this.novelty(held, object)) return true;
      if (right !== null && joins > 0 && this.#isNews(object, right, joins - 1)) return true;
      step = step.left;
    }
    return false;
  }
}

/** What is held by the newest of these steps that holds something; null where none of them is looked at or holds anything. */
function lastHeld(behind: History): ClassKey | null {
  let step: History | null = behind;
  for (let left = MAX_STEPS; step !== null && left > 0; left--) {
    const { held } = step;
    if (held?.open === true) return held.object.key;
    step = step.left;
  }
  return null;
}
