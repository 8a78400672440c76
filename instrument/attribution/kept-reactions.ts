import { Stamp } from '../stamp.ts';

/** How many are kept of the newest ones, and of those before: a power of two. */
const SIZE = 1024;

/** The newest reactions that have not run yet, and behind them those that were not run when newer ones took their place. */
const slots: (object | undefined)[] = new Array<object | undefined>(2 * SIZE).fill(undefined);
let next = 0;
let nextOlder = 0;
/** Reactions that may still be kept before the next refill. */
let budget = 0;

class Kept extends Stamp {
  #slot: number;

  constructor(reaction: object, slot: number) {
    super(reaction);
    this.#slot = slot;
  }

  static has(reaction: object): boolean {
    return #slot in reaction;
  }

  static moveTo(reaction: object, slot: number): void {
    if (#slot in reaction) reaction.#slot = slot;
  }

  static clear(reaction: object): void {
    if (#slot in reaction && slots[reaction.#slot] === reaction) slots[reaction.#slot] = undefined;
  }
}

/** That many of the reactions made from now on are kept until they run. A tight loop of awaits soon makes no more of them. */
export function refillKept(count: number): void {
  budget = count;
}

/** A reaction was made. */
export function keep(reaction: object): void {
  if (budget <= 0 || Kept.has(reaction)) return;
  budget--;
  const slot = next;
  next = (slot + 1) & (SIZE - 1);
  const older = slots[slot];
  if (older !== undefined) retire(older);
  slots[slot] = reaction;
  new Kept(reaction, slot);
}

function retire(reaction: object): void {
  const slot = SIZE + nextOlder;
  nextOlder = (nextOlder + 1) & (SIZE - 1);
  slots[slot] = reaction;
  Kept.moveTo(reaction, slot);
}

/** It runs. */
export const letGo: (reaction: object) => void = Kept.clear;

/** Those that have not run. */
export function keptReactions(): readonly object[] {
  return slots.filter((reaction) => reaction !== undefined);
}

/** Nobody tells any more when they run. */
export function letAllGo(): void {
  slots.fill(undefined);
  budget = 0;
}
