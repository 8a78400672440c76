import type { Context } from '../../core/context.ts';
import type { EventContext } from '../../core/event-context.ts';
import { NEVER } from '../../core/ids.ts';
import type { TrackedObject } from '../../core/tracked-object.ts';
import type { How } from '../../core/vocabulary.ts';
import type { Wait } from '../../core/wait.ts';

const OBJECTS = 2 ** 26;
const CLASSES = 2 ** 24;

/**
 * Tells when something owed meets something awaited for the first time, whatever the rules make of it: there a replay
 * may learn a dependency, and wants a stack.
 */
export class NewPairs {
  readonly #seen = new Set<number>();
  readonly #max: number;

  constructor(max: number) {
    this.#max = max;
  }

  atWait(context: Context, wait: Wait): boolean {
    if (!context.exact) return false;
    let isNew = false;
    context.forEachHeld((held) => {
      isNew = this.#add(held.object, held.how, wait) || isNew;
    });
    return isNew;
  }

  atExit(context: Context, held: EventContext): boolean {
    return !held.context.exact && this.#metSince(context, held.object, held.how, held.begin);
  }

  atEvent(context: Context, object: TrackedObject, how: How): boolean {
    return object.requestedAt !== NEVER && this.#metSince(context, object, how, object.requestedAt);
  }

  #metSince(context: Context, object: TrackedObject, how: How, since: Wait['begin']): boolean {
    let isNew = false;
    context.forEachWait(since, (wait) => {
      isNew = this.#add(object, how, wait) || isNew;
    });
    return isNew;
  }

  /** Instances of one class make pairs of their own. */
  #add(owed: TrackedObject, how: How, { object, how: awaited }: Wait): boolean {
    if (this.#seen.size >= this.#max) return false;
    const pair =
      owed.key === object.key
        ? -(owed.id * OBJECTS + object.id)
        : classNumber(owed, how) * CLASSES + classNumber(object, awaited);
    if (this.#seen.has(pair)) return false;
    this.#seen.add(pair);
    return true;
  }
}

function classNumber(object: TrackedObject, how: How): number {
  return (object.key.id * 8 + object.subclass) * 2 + (how.mode === 'read' ? 1 : 0);
}
