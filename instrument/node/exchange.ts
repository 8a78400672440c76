import type { EventContext } from '../../src/core/event-context.ts';
import { defineHow } from '../../src/core/how.ts';
import { NEVER } from '../../src/core/ids.ts';
import type { Session } from '../../src/core/session.ts';
import type { How } from '../../src/core/vocabulary.ts';
import type { Wait } from '../../src/core/wait.ts';
import * as hooks from '../../src/sync/hooks.ts';

export const ANSWER: How = defineHow({ startLabel: 'request', waitLabel: 'request', eventLabel: 'answer' });

/** What a client reads its answers from; of a connection with one answer at a time, its socket. */
export interface Reading {
  readonly bytesRead: number;
}

/** A request that this process sends to a server of its own, and the answer to it. */
export class Exchange {
  readonly wait: Wait;
  /** What the handler gives the answer with, while it owes that. */
  lent: object | null = null;
  readonly #session: Session;
  readonly #isAwaited: () => boolean;
  #held: EventContext | null = null;
  #from: Reading | null = null;
  /** What the client had read when the answer began. */
  #readBefore = 0;

  /** @param isAwaited asked when a handler begins: whether somebody waits for the answer who has not said so */
  constructor(wait: Wait, session: Session, isAwaited: () => boolean) {
    this.wait = wait;
    this.#session = session;
    this.#isAwaited = isAwaited;
  }

  /** The code that runs now owes the answer, and so does all that it leads to. It holds nothing of what its caller holds. */
  arrives(from: Reading): void {
    const { wait } = this;
    if (!wait.pending) return;
    this.#from = from;
    if (wait.blockedAt === NEVER && this.#isAwaited()) hooks.resume(wait, () => hooks.blocked(wait));
    this.#held = hooks.enter(wait.object, ANSWER, { caller: this.#heldByCaller() });
    // What the handler is called from tells nothing.
    if (this.#held !== null) this.#held.stack = wait.stack;
  }

  #heldByCaller(): readonly EventContext[] {
    const all: EventContext[] = [];
    this.#session.histories.each(this.wait.history, NEVER, ({ held }) => {
      if (held?.open === true) all.push(held);
    });
    return all;
  }

  /** The calling code sends the first part of the answer: whoever waits for that has behind it what this code has. */
  begins(): void {
    const { wait } = this;
    if (!wait.pending || this.#held === null) return;
    this.#readBefore = this.#from?.bytesRead ?? 0;
    this.lent = null;
    hooks.exit(this.#held);
    hooks.waited(wait);
    // What the handler has behind it says it all: the answers to two requests need not depend on the same.
    wait.node = this.#session.main.history;
  }

  /** The calling code ends the answer. What is on its way by then did not have to wait for that. */
  ends(): void {
    if (this.wait.pending) this.begins();
    else if ((this.#from?.bytesRead ?? 0) > this.#readBefore) hooks.extend(this.wait);
  }

  /** Nobody waits for an answer, or nobody will give one. */
  cancel(): void {
    this.lent = null;
    hooks.exit(this.#held);
    hooks.waited(this.wait, 'cancelled');
  }
}
