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
}

/** How long everything is followed after the last use at least, in milliseconds: switching costs microseconds. */
const LINGER_MS = 20;
/** How long at most until it is looked whether that is still needed. */
const MAX_LINGER_MS = 640;

/** Lets the promise hooks follow everything only while something is owed, asked for or waited for. */
export class HookSwitch implements Observer {
  readonly #session: Session;
  readonly #hooks: Switched;
  #pending = 0;
  #isFollowing = false;
  #hasNames = false;
  #isStopped = false;

  constructor(session: Session, hooks: Switched) {
    this.#session = session;
    this.#hooks = hooks;
  }

  /** From here on until nothing is owed, asked for or waited for. */
  follow(): void {
    if (this.#isFollowing || this.#isStopped) return;
    this.#isFollowing = true;
    this.#hooks.follow();
    this.#linger(LINGER_MS);
  }

  /** Switches nothing any more. */
  stop(): void {
    this.#isStopped = true;
  }

  onWait(context: Context): void {
    if (context.exact) return;
    this.#pending++;
    this.follow();
  }

  onWaited(wait: Wait): void {
    if (!wait.context.exact) this.#pending--;
  }

  onEnter(context: Context): void {
    if (!context.exact) this.follow();
  }

  onRequest(): void {
    this.follow();
  }

  /** A name goes with the code that runs under it, whether that owes something or not. */
  onContextBegin(context: Context): void {
    if (context.exact) return;
    this.#hasNames = true;
    this.follow();
  }

  #linger(ms: number): void {
    setTimeout(() => {
      if (this.#hasNames || this.#isStopped) return;
      if (this.#session.histories.active || this.#pending > 0) {
        this.#linger(Math.min(2 * ms, MAX_LINGER_MS));
        return;
      }
      this.#isFollowing = false;
      this.#hooks.rest();
    }, ms).unref();
  }
}
