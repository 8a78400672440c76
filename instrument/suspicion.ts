import type { Step } from '../src/tracker/stuck-waits.ts';
import type { WaitsFor } from '../src/tracker/waits-for.ts';
import { nothingRuns } from './node/stall-clock.ts';

/** How long a suspected deadlock of asynchronous code must last before it is reported, in milliseconds. */
export const CONFIRM_AFTER_MS = 250;

/**
 * How many times longer while a timer or a request is under way: code beside the wait may still end the hold. Longer yet where
 * nobody looks whether somebody goes on.
 */
const BUSY_FACTOR = 7;
const BUSY_FACTOR_UNSEEN = 12;

/** Suspects beside which somebody was seen to go on are told all the same when they have lasted for so many looks: half a minute. */
const TOLD_AFTER = 30_000 / CONFIRM_AFTER_MS;

/** Says when the deadlocks that are suspected in a running program have lasted long enough to be told. */
export class Suspicion {
  readonly #waitsFor: WaitsFor;
  readonly #isHolderGoing: ((circles: readonly (readonly Step[])[]) => boolean) | null;
  readonly #busyFactor: number;
  #lastsFor = 0;
  #looksAgainAt = 0;

  /** @param isHolderGoing true when somebody certainly goes on who was taken to be stuck; asked seldom, for it may be dear */
  constructor(waitsFor: WaitsFor, isHolderGoing: ((circles: readonly (readonly Step[])[]) => boolean) | null = null) {
    this.#waitsFor = waitsFor;
    this.#isHolderGoing = isHolderGoing;
    this.#busyFactor = isHolderGoing === null ? BUSY_FACTOR_UNSEEN : BUSY_FACTOR;
  }

  /** To be called every `CONFIRM_AFTER_MS`. @returns true when the suspects are to be confirmed now */
  isDue(): boolean {
    this.#lastsFor = this.#waitsFor.hasSuspects ? this.#lastsFor + 1 : 0;
    if (this.#lastsFor === 0) this.#looksAgainAt = 0;
    // What is told was there at the last confirmation: the first one comes at once, and tells nothing.
    const isTurn = this.#lastsFor % this.#busyFactor === 1 || nothingRuns();
    if (this.#lastsFor <= this.#looksAgainAt || !isTurn) return false;
    if (this.#lastsFor >= TOLD_AFTER || this.#isHolderGoing?.(this.#waitsFor.lastingCircles) !== true) return true;
    // Each look stops the program for as long as it takes to read its heap.
    this.#looksAgainAt = Math.min(2 * this.#lastsFor, TOLD_AFTER - 1);
    return false;
  }
}
