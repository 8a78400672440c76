import type { Histories, History } from '../../src/core/history.ts';
import { Wait } from '../../src/core/wait.ts';
import { Joined } from './joined-promises.ts';
import { noteOf, type PromiseNote } from './promise-notes.ts';

/** What whoever goes on from a promise has behind it, as far as this follower knows. */
export function settledHistory(note: PromiseNote | undefined, histories: Histories, owner: object): History | null {
  const settling = note === undefined ? null : note.settling;
  if (settling === null) return null;
  if (settling instanceof Wait) return settling.node;
  return settling instanceof Joined ? joinedHistory(settling, histories, owner) : histories.fresh(settling);
}

/** The same for what is joined of several promises. */
export function joinedHistory(joined: Joined, histories: Histories, owner: object): History | null {
  let history = histories.fresh(joined.history);
  for (const element of joined.awaited) {
    if (typeof element !== 'object' || element === null) continue;
    history = histories.join(history, settledHistory(noteOf(element, owner), histories, owner));
  }
  return history;
}
