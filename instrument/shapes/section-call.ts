import * as hooks from '../../src/sync/hooks.ts';
import type { Callable } from '../libraries/adapter.ts';
import type { Claim } from './claim.ts';
import { isPromiseLike } from './promise-like.ts';

/** A call of a function that waits for its turn somewhere inside, and says so itself. */
export class SectionCall {
  readonly #ask: () => Claim;
  #claim: Claim | null = null;
  #result: Promise<unknown> | null = null;

  /** @param ask made where it asks, which it may do several times, or not at all */
  constructor(ask: () => Claim) {
    this.#ask = ask;
  }

  /** From here on it stands in the line. */
  asks(): void {
    const claim = this.#ask();
    this.#claim = claim;
    if (this.#result !== null) void claim.follow(this.#result);
  }

  /** It is its turn now: what runs here goes on after the wait and after nothing that whoever let it on had behind him. */
  has(): void {
    this.#claim?.grant();
    this.#claim?.goOn();
  }

  /** Whoever comes next is let on now. */
  gives(): void {
    const claim = this.#claim;
    // Something failed before it was its turn.
    if (claim?.pending === true) claim.refuse();
    else claim?.end();
  }

  /** The function that will be called in its turn. */
  inTurn<F extends Callable>(task: F): F {
    this.asks();
    return this.#claim?.whileRunning(task) ?? task;
  }

  /** What the caller gets. */
  returned(result: unknown): void {
    if (!isPromiseLike(result)) return;
    this.#result = result;
    void this.#claim?.follow(result);
  }
}

/** Those of the functions of one lock. */
export class SectionCalls {
  #begun: SectionCall | null = null;

  /** @param ask made where it asks */
  run(ask: () => Claim, original: () => unknown): unknown {
    const call = new SectionCall(ask);
    const outer = this.#begun;
    this.#begun = call;
    let result: unknown;
    try {
      result = hooks.apart(original);
    } finally {
      this.#begun = outer;
    }
    call.returned(result);
    return result;
  }

  /** For the function itself, which has just begun; null for everybody else. */
  begun(): SectionCall | null {
    const call = this.#begun;
    this.#begun = null;
    return call;
  }
}
