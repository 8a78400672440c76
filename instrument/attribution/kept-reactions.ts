/** How many are kept of the newest ones, and of those before: a power of two. */
const SIZE = 1024;
/** Of a reaction that is not kept. */
export const NOT_KEPT = -1;

/** The newest reactions that have not run yet, and behind them those that were not run when newer ones took their place. */
const slots: (object | undefined)[] = new Array<object | undefined>(2 * SIZE).fill(undefined);
let next = 0;
let nextOlder = 0;
/** Reactions that may still be kept before the next refill. */
let budget = 0;

/** That many of the reactions made from now on are kept until they run. A tight loop of awaits soon makes no more of them. */
export function refillKept(count: number): void {
  budget = count;
}

/**
 * A reaction was made.
 * @param moved told when one that is kept has another place
 * @returns its place, or NOT_KEPT
 */
export function keep(reaction: object, moved: (older: object, slot: number) => void): number {
  if (budget <= 0) return NOT_KEPT;
  budget--;
  const slot = next;
  next = (slot + 1) & (SIZE - 1);
  const older = slots[slot];
  if (older !== undefined) {
    const place = SIZE + nextOlder;
    nextOlder = (nextOlder + 1) & (SIZE - 1);
    slots[place] = older;
    moved(older, place);
  }
  slots[slot] = reaction;
  return slot;
}

/** It runs. Its place may be another one's by now. */
export function letGo(reaction: object, slot: number): void {
  if (slots[slot] === reaction) slots[slot] = undefined;
}

/** Those that have not run. */
export function keptReactions(): readonly object[] {
  return slots.filter((reaction) => reaction !== undefined);
}

/** Nobody tells any more when they run. */
export function letAllGo(): void {
  slots.fill(undefined);
  budget = 0;
}
