import { setTimeout } from 'node:timers';
import type { Context } from '../../src/core/context.ts';
import { NEVER } from '../../src/core/ids.ts';
import type { Session } from '../../src/core/session.ts';
import type { Observer } from '../../src/core/vocabulary.ts';
import type { Wait } from '../../src/core/wait.ts';

/** What is switched. */
export interface Switched {
  hook(): void;
  unhook(): void;
}

/** How long the hooks stay on after the last use, in milliseconds: switching them costs microseconds. */
export const LINGER_MS = 20;

/** Keeps the promise hooks on only while something is owed, asked for or waited for. */
export class DynamicSwitch implements Observer {
  readonly #session: Session;
  readonly #hooks: Switched;
  #asleep = 0;
  #isLingering = false;

  constructor(session: Session, hooks: Switched) {
    this.#session = session;
    this.#hooks = hooks;
  }

  onWait(context: Context): void {
    if (!context.exact) this.#hooks.hook();
  }

  onBlocked(): void {
    this.#asleep++;
  }

  onWaited(wait: Wait): void {
    if (wait.blockedAt !== NEVER) this.#asleep--;
  }

  onEnter(context: Context): void {
    if (!context.exact) this.#hooks.hook();
  }

  onRequest(): void {
    this.#hooks.hook();
  }

  onExit(): void {
    this.#linger();
  }

  onEvent(): void {
    this.#linger();
  }

  #linger(): void {
    if (this.#isLingering) return;
    this.#isLingering = true;
    setTimeout(() => {
      this.#isLingering = false;
      if (this.#session.histories.active || this.#asleep > 0) this.#linger();
      else this.#hooks.unhook();
    }, LINGER_MS).unref();
  }
}
