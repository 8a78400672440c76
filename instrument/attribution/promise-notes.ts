import type { History } from '../../src/core/history.ts';
import type { Wait } from '../../src/core/wait.ts';
import { Stamp } from '../patches/stamp.ts';
import type { AskedReaction } from './asked-reaction.ts';
import type { Joined } from './joined-promises.ts';
import { Kept, letGo } from './kept-reactions.ts';

/** A promise as the hooks see it. */
export type Hooked = object;

/** What lets whoever awaits a promise go on: the history of the code that settled it, or the wait whose end settles it. */
export type Settling = History | Wait | Joined | null;

/** A promise that is settled after another one, whose value it or its function gets: the next link of a chain. */
export class Onward {
  readonly to: Hooked;

  constructor(to: Hooked) {
    this.to = to;
  }
}

/**
 * What one follower knows of a promise. It is one object, and the promise has one property for it: a property for each of
 * these would cost as much as all of them, most of all in code that the engine has not compiled yet.
 */
export class PromiseNote {
  /** Whose note it is: a promise may outlive its session, or be seen by two of them. */
  readonly owner: object;
  /** In the first note of a reaction, the promise whose settling lets it run. Cut when it runs: a chain of promises must not keep its own past. */
  parent: Hooked | Kept | undefined;
  /** History of the code that made it; null where that was not seen. */
  history: History | null = null;
  settling: Settling = null;
  /** What whoever awaits it sleeps for, where it is followed. */
  waits: readonly Wait[] | undefined = undefined;
  /** Who awaits it, or goes on from it, where that matters; or who has asked for a reaction, in one way or the other. */
  awaiter: Hooked | Onward | AskedReaction | undefined = undefined;
  /** What another follower knows. */
  next: PromiseNote | undefined;

  constructor(owner: object, parent: Hooked | Kept | undefined, next: PromiseNote | undefined) {
    this.owner = owner;
    this.parent = parent;
    this.next = next;
  }

  /** The note of this follower among it and those behind it. */
  of(owner: object): PromiseNote | undefined {
    return this.owner === owner ? this : this.next?.of(owner);
  }

  /** Another follower's, behind this one. */
  add(owner: object): PromiseNote {
    this.next = new PromiseNote(owner, undefined, this.next);
    return this.next;
  }

  /** Gives the parent, and cuts the link to it. Only the first note of a promise has it. */
  cut(): Hooked | undefined {
    const { parent } = this;
    this.parent = undefined;
    return parent instanceof Kept ? freed(parent) : parent;
  }
}

/** What the reaction was kept with, when it need not be kept any more. */
export function freed(kept: Kept): Hooked {
  letGo(kept);
  return kept.parent;
}

/**
 * Where a promise has its notes. One step each, and nothing is defined twice: most of a program runs before the engine has
 * compiled it, and every promise comes through here several times.
 */
class Noted extends Stamp {
  #known: PromiseNote;

  constructor(promise: Hooked, note: PromiseNote) {
    super(promise);
    this.#known = note;
  }

  static first(promise: Hooked): PromiseNote | undefined {
    return #known in promise ? promise.#known : undefined;
  }

  static of(promise: Hooked, owner: object): PromiseNote | undefined {
    if (!(#known in promise)) return undefined;
    const first = promise.#known;
    return first.owner === owner ? first : first.of(owner);
  }

  static for(promise: Hooked, owner: object): PromiseNote {
    if (!(#known in promise)) return Noted.made(promise, owner, undefined);
    const first = promise.#known;
    return first.owner === owner ? first : (first.of(owner) ?? first.add(owner));
  }

  static made(promise: Hooked, owner: object, parent: Hooked | Kept | undefined): PromiseNote {
    const note = new PromiseNote(owner, parent, undefined);
    new Noted(promise, note);
    return note;
  }
}

/** The first note of a promise that was just made. */
export const noteMade: (promise: Hooked, owner: object, parent: Hooked | Kept | undefined) => PromiseNote = Noted.made;

/** The note of whichever follower was the first to make one. */
export const firstNote: (promise: Hooked) => PromiseNote | undefined = Noted.first;

/** What this follower knows. */
export const noteOf: (promise: Hooked, owner: object) => PromiseNote | undefined = Noted.of;

/** The same, made where there is nothing yet. */
export const noteFor: (promise: Hooked, owner: object) => PromiseNote = Noted.for;
