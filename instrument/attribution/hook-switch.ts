import { setTimeout } from 'node:timers';
import type { Context } from '../../src/core/context.ts';
import type { Session } from '../../src/core/session.ts';
import type { Observer } from '../../src/core/vocabulary.ts';
import type { Wait } from '../../src/core/wait.ts';

/** What is switched. */
export interface Switched {
  /** Everything matters from here on. */
  follow(): void;
  /** Nothing is owed, asked for or waited for. */
  rest(): void;
  /** Something is, but nothing has been learnt from it for long. */
  pause(): void;
}

/** How long everything is followed after the last use at least, in milliseconds: switching costs microseconds. */
const LINGER_MS = 20;
/** How long at most until it is looked whether that is still needed. */
const MAX_LINGER_MS = 640;
/** When it is not followed what is owed, asked for or waited for, in locks taken and waits begun. */
export interface Pauses {
  /** After so many in a row that have taught nothing: the next ones hardly will. */
  readonly afterUses: number;
  /** For so many; what is met for the first time ends it before. */
  readonly forUses: number;
}

/** A thirtieth of the uses is followed in the long run. */
export const PAUSES: Pauses = Object.freeze({ afterUses: 4_096, forUses: 131_072 });

/**
 * Lets the promise hooks follow everything only while something is owed, asked for or waited for; with pauses, only while
 * that teaches something, too.
 */
export class HookSwitch implements Observer {
  readonly skipsTaken = true;
  readonly #session: Session;
  readonly #hooks: Switched;
  readonly #pauses: Pauses | null;
  #pending = 0;
  /** Since something was learnt or a pause ended. */
  #uses = 0;
  /** What was known at the last use. */
  #known = 0;
  #isLingering = false;
  #isFollowing = false;
  #hasNames = false;
  #isStopped = false;

  /** @param pauses null: everything is followed as long as it is needed */
  constructor(session: Session, hooks: Switched, pauses: Pauses | null) {
    this.#session = session;
    this.#hooks = hooks;
    this.#pauses = pauses;
  }

  /** True while everything is followed. */
  get isFollowing(): boolean {
    return this.#isFollowing;
  }

  /** True while nothing is followed although something is owed, asked for or waited for. */
  get isPausing(): boolean {
    return this.#pauses !== null && this.#uses >= this.#pauses.afterUses;
  }

  /** From here on until nothing is owed, asked for or waited for. */
  follow(): void {
    if (this.#isFollowing || this.#isStopped || this.isPausing) return;
    this.#isFollowing = true;
    this.#hooks.follow();
    if (!this.#isLingering) this.#linger(LINGER_MS);
  }

  /** Switches nothing any more. */
  stop(): void {
    this.#isStopped = true;
  }

  onWait(context: Context): void {
    if (context.exact) return;
    this.#pending++;
    this.#use();
  }

  onWaited(wait: Wait): void {
    if (!wait.context.exact) this.#pending--;
  }

  onEnter(context: Context): void {
    if (!context.exact) this.#use();
  }

  onTaken(): void {
    this.#use();
  }

  onRequest(): void {
    this.follow();
  }

  /** A name goes with the code that runs under it, whether that owes something or not. */
  onContextBegin(context: Context): void {
    if (context.exact) return;
    this.#hasNames = true;
    this.#uses = 0;
    this.follow();
  }

  #use(): void {
    if (this.#pauses !== null && !this.#hasNames) this.#count(this.#pauses);
    this.follow();
  }

  #count({ afterUses, forUses }: Pauses): void {
    const known = this.#session.lessons + this.#session.classes.keyCount;
    if (known !== this.#known || this.#uses >= afterUses + forUses) {
      this.#known = known;
      this.#uses = 0;
    }
    if (++this.#uses !== afterUses) return;
    this.#isFollowing = false;
    this.#hooks.pause();
  }

  #linger(ms: number): void {
    this.#isLingering = true;
    setTimeout(() => {
      this.#isLingering = false;
      if (this.#hasNames || this.#isStopped || !this.#isFollowing) return;
      if (this.#session.histories.active || this.#pending > 0) {
        this.#linger(Math.min(2 * ms, MAX_LINGER_MS));
        return;
      }
      this.#isFollowing = false;
      this.#hooks.rest();
    }, ms).unref();
  }
}
