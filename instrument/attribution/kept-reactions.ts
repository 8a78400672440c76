/** How many are kept of the newest ones, and of those before: a power of two. */
const SIZE = 1024;
/** Of a reaction that is not kept. */
export const NOT_KEPT = -1;

/** How often at most it is looked between two refills whether somebody still waits: some microseconds each. */
const LOOKS = 256;

/** What is to be known of reactions. */
export interface Reactions {
  /** One that is kept has another place now. */
  moved(reaction: object, slot: number): void;
  /** It waits for a promise that is not settled. Node's own are not always seen to run. */
  isWaiting(reaction: object): boolean;
}

/** The newest reactions that have not run yet, and behind them those that had not when newer ones took their place, the oldest first. */
const slots: (object | undefined)[] = new Array<object | undefined>(2 * SIZE).fill(undefined);
let next = 0;
let nextOlder = 0;
/** Reactions that may still be kept before the next refill. */
let budget = 0;
let looks = 0;

/** That many of the reactions made from now on are kept until they run. A tight loop of awaits soon makes no more of them. */
export function refillKept(count: number): void {
  budget = count;
  looks = LOOKS;
}

/** A reaction was made. @returns its place, or NOT_KEPT */
export function keep(reaction: object, reactions: Reactions): number {
  if (budget <= 0) return NOT_KEPT;
  budget--;
  const slot = next;
  next = (slot + 1) & (SIZE - 1);
  const older = slots[slot];
  if (older !== undefined) retire(older, reactions);
  slots[slot] = reaction;
  return slot;
}

/** Where there is no room for it one goes that waits no more, if that is seen soon. */
function retire(reaction: object, reactions: Reactions): void {
  const slot = SIZE + nextOlder;
  nextOlder = (nextOlder + 1) & (SIZE - 1);
  const oldest = slots[slot];
  if (oldest !== undefined && (looks-- <= 0 || reactions.isWaiting(oldest))) return;
  slots[slot] = reaction;
  reactions.moved(reaction, slot);
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
