import { type Caller, callerOfHook, isProgram } from './promise-links.ts';
import { type Hooked, Onward } from './promise-notes.ts';

/**
 * A reaction of which only the stack tells whether an `await` or a call of `then` has asked for it. The stack is taken when it is
 * asked for; to read it costs ten times as much, and most need not be read, because the task has got its turn until then.
 */
export class AskedReaction {
  readonly #reaction: Hooked;
  readonly #before: Hooked | Onward | AskedReaction | undefined;
  readonly #caller: Caller = callerOfHook();

  /** @param before who awaits the promise, as far as was known: a call of `then` changes nothing of it */
  constructor(reaction: Hooked, before: Hooked | Onward | AskedReaction | undefined) {
    this.#reaction = reaction;
    this.#before = before;
  }

  /** Who awaits the promise, or goes on from it. */
  get awaiter(): Hooked | Onward {
    if (isProgram(this.#caller)) return this.#reaction;
    const before = this.#before instanceof AskedReaction ? this.#before.awaiter : this.#before;
    return before ?? new Onward(this.#reaction);
  }
}
