import { isPending } from '../promises/is-pending.ts';

/** How many are kept of the newest ones, and of those before: a power of two. */
const SIZE = 1024;
/** How many are kept between two refills: a millisecond for all of them in a busy program. */
const KEPT = 32_768;
/** How often at most it is looked between two refills whether somebody still waits: some microseconds each. */
const LOOKS = 256;

/** A reaction that is kept, and the promise it waits for. */
export class Kept {
  readonly reaction: object;
  readonly parent: object;
  /** Its place, which may be another one's by now. */
  slot: number;
  readonly #join: Join | null;

  constructor(reaction: object, parent: object, slot: number, join: Join | null = null) {
    this.reaction = reaction;
    this.parent = parent;
    this.slot = slot;
    this.#join = join;
  }

  /** It waits for a promise that is not settled. Node's own are not always seen to run. */
  get isWaiting(): boolean {
    return this.parent instanceof Promise && isPending(this.parent);
  }

  /**
   * No function of the program waits here. What it waits for, or what it makes of that, is given up by whoever made it, not
   * settled: so `node:test` has a time limit for each test, which stays pending for ever when the test has won the race against
   * it. Or it tells somebody the end of a stream, or it has lost a race.
   */
  get isIdle(): boolean {
    return isDisposable(this.parent) || isDisposable(this.reaction) || ends.has(this.parent) || this.#hasLost;
  }

  get #hasLost(): boolean {
    const made = this.#join?.made;
    return made instanceof Promise && !isPending(made);
  }
}

/** What one promise is made of several by. */
interface Join {
  /** That promise; null while it is made. */
  made: object | null;
}

let joining: Join | null = null;

/** Runs what makes one promise of several: when that is settled, nobody waits any more for those that are not. */
export function keepJoined<T extends object>(join: () => T): T {
  const outer = joining;
  const own: Join = { made: null };
  joining = own;
  try {
    const made = join();
    own.made = made;
    return made;
  } finally {
    joining = outer;
  }
}

/** Promises of the end of a stream, by which Node tells it to callbacks. */
const ends = new WeakSet<object>();

/** Who asks for a reaction to that promise is no function that awaits it. */
export function isEndOfStream(promise: object): void {
  ends.add(promise);
}

function isDisposable(promise: object): boolean {
  return Object.hasOwn(promise, Symbol.dispose);
}

/** The newest reactions that have not run yet, and behind them those that had not when newer ones took their place, the oldest first. */
const slots: (Kept | undefined)[] = new Array<Kept | undefined>(2 * SIZE).fill(undefined);
let next = 0;
let nextOlder = 0;
/** Reactions that may still be kept before the next refill. */
let budget = 0;
let looks = 0;

/**
 * That many of the reactions made from now on are kept until they run; a tight loop of awaits soon makes no more of them. To be called
 * every fraction of a second where all is followed from the start.
 */
export function refillKept(count: number = KEPT): void {
  budget = count;
  looks = LOOKS;
}

/** A reaction was made. @returns null when it is not kept */
export function keep(reaction: object, parent: object): Kept | null {
  if (budget <= 0) return null;
  budget--;
  const slot = next;
  next = (slot + 1) & (SIZE - 1);
  const older = slots[slot];
  if (older !== undefined) retire(older);
  const kept = new Kept(reaction, parent, slot, joining);
  slots[slot] = kept;
  return kept;
}

/** Where there is no room for it one goes that waits no more, if that is seen soon. */
function retire(kept: Kept): void {
  const slot = SIZE + nextOlder;
  nextOlder = (nextOlder + 1) & (SIZE - 1);
  const oldest = slots[slot];
  if (oldest !== undefined && (looks-- <= 0 || oldest.isWaiting)) return;
  slots[slot] = kept;
  kept.slot = slot;
}

/** It runs. */
export function letGo(kept: Kept): void {
  if (slots[kept.slot] === kept) slots[kept.slot] = undefined;
}

/**
 * Those that wait for a promise that is not settled, but for the idle ones. When nothing is left to run, functions that await each
 * other leave these behind, in the heap, though nobody else may have them. For the end of a program: some microseconds for each.
 */
export function pendingReactions(): readonly Kept[] {
  const all = keptReactions();
  const waiting = new Map<object, Kept[]>();
  for (const kept of all) {
    const others = waiting.get(kept.parent);
    if (others === undefined) waiting.set(kept.parent, [kept]);
    else others.push(kept);
  }
  const known = new Map<Kept, boolean>();
  // Nor does anybody wait for what only those wait for who want nothing more: `sleep(limit).then(giveUp)` that has lost a race.
  const isIdle = (kept: Kept): boolean => {
    const idle = known.get(kept) ?? (kept.isIdle || (waiting.get(kept.reaction)?.every(isIdle) ?? false));
    known.set(kept, idle);
    return idle;
  };
  return all.filter((kept) => !isIdle(kept) && kept.isWaiting);
}

/** Those that have not run. */
export function keptReactions(): readonly Kept[] {
  return slots.filter((kept) => kept !== undefined);
}

/** Nobody tells any more when they run. */
export function letAllGo(): void {
  slots.fill(undefined);
  budget = 0;
}
