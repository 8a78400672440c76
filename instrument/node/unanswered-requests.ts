/** A request, and the answer that it waits for. */
interface Request {
  readonly lent: { readonly headersSent: boolean };
}

interface Asked {
  readonly request: Request;
  readonly turn: number;
}

/**
 * What servers of this process have not answered yet. Its slots are used again: a `Set` that each answer empties is made
 * anew by the engine each time.
 */
const unanswered: (Asked | null)[] = [];
const free: number[] = [];
let turns = 0;

/** @returns the slot that {@link isAnswered} takes */
export function isAsked(request: Request): number {
  const slot = free.pop() ?? unanswered.length;
  unanswered[slot] = { request, turn: turns++ };
  return slot;
}

/** It is answered, or nobody wants an answer any more. Once for each slot. */
export function isAnswered(slot: number): void {
  unanswered[slot] = null;
  free.push(slot);
}

/** The request that has waited longest; null when all are answered. */
export function oldestUnanswered(): object | null {
  let oldest: Asked | null = null;
  for (const each of unanswered) if (each !== null && (oldest === null || each.turn < oldest.turn)) oldest = each;
  return oldest?.request ?? null;
}

/** The answers that nobody has begun to send. */
export function unbegunAnswers(): readonly object[] {
  return unanswered.flatMap((each) => (each === null || each.request.lent.headersSent ? [] : [each.request.lent]));
}
