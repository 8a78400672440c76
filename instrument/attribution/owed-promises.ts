import type { Context } from '../../src/core/context.ts';
import type { History } from '../../src/core/history.ts';
import type { OwedPromise } from '../../src/core/owed-promise.ts';
import type { Session } from '../../src/core/session.ts';
import type { Wait } from '../../src/core/wait.ts';
import type { FollowedResults } from './followed-results.ts';
import { HandedOnWaits } from './handed-on-waits.ts';
import { isAwaitNow } from './promise-links.ts';
import type { Hooked } from './promise-notes.ts';
import { isResting } from './resting.ts';
import { Section } from './section.ts';

// Taken before anything is patched: it must not carry what it runs beside.
const microtask = queueMicrotask;

/** Runs code as the code that settled a promise. */
export type RunAs = (history: History | null, context: Context, run: () => void) => void;

/** Where the resolving of a promise has come to, and who did it. */
interface Resolving {
  readonly owed: OwedPromise;
  /** Times it was resolved: twice when it was resolved with another promise. */
  times: number;
  context: Context | null;
}

/** The promises of a session whose settling is an event, as the hooks see them. */
export class OwedPromises {
  readonly #session: Session;
  readonly #runAs: RunAs;
  readonly #historyOf: (promise: Hooked) => History | null;
  readonly #results: Pick<FollowedResults, 'passOn'>;
  readonly #owed = new WeakMap<Hooked, Resolving>();
  readonly #waits = new WeakMap<Hooked, Wait>();
  /** Those of reactions that were asked for by `then`, or by what joins promises. */
  readonly #byThen = new HandedOnWaits();
  /** What is waited for by whoever awaits a promise that is joined of others. */
  readonly #joined = new WeakMap<Hooked, readonly Wait[]>();
  #hasJoined = false;
  readonly #join = new Section();
  #joining: Wait[] = [];
  /** False until there was one: until then nobody has to look for them. */
  isUsed = false;

  /** @param results who awaits what a call of `then` has made of such a promise waits for it as well */
  constructor(
    session: Session,
    runAs: RunAs,
    historyOf: (promise: Hooked) => History | null,
    results: Pick<FollowedResults, 'passOn'>,
  ) {
    this.#session = session;
    this.#runAs = runAs;
    this.#historyOf = historyOf;
    this.#results = results;
  }

  /** The record of this promise, made when it has none. */
  of(promise: Hooked, make: () => OwedPromise): OwedPromise {
    const known = this.#owed.get(promise);
    if (known !== undefined) return known.owed;
    this.isUsed = true;
    const owed = make();
    this.#owed.set(promise, { owed, times: 0, context: null });
    return owed;
  }

  /** The code that runs now has made a reaction to this promise. It sleeps if it awaits it. */
  reactsTo(reaction: Hooked, promise: Hooked): void {
    const owed = this.#owed.get(promise)?.owed;
    if (owed?.isShared !== true) {
      if (this.#hasJoined) this.#awaitsAll(promise);
      return;
    }
    const wait = this.#session.wait(owed.object, owed.how, owed.more);
    this.#waits.set(reaction, wait);
    if (owed.isSettled) return;
    owed.waits.push(wait);
    if (!this.#join.runs && sleepsNow()) {
      this.#session.blocked(wait);
      return;
    }
    if (this.#join.runs) this.#joining.push(wait);
    else this.#results.passOn(reaction, [wait]);
    this.#byThen.add([wait]);
  }

  #awaitsAll(joined: Hooked): void {
    const waits = this.#joined.get(joined)?.filter((wait) => wait.isAwake) ?? [];
    if (waits.length > 0 && sleepsNow()) for (const wait of waits) this.#session.blocked(wait);
  }

  /** Runs what makes one promise of several: to await that is to wait for each of them. */
  joining<T>(run: () => T): T {
    return this.isUsed ? this.#join.run(run) : run();
  }

  /** The promise is what was joined last. @returns the waits of whoever awaits it; none where it need not wait for all */
  joined(promise: Hooked, isForAll: boolean): readonly Wait[] {
    const waits = this.#joining;
    if (waits.length === 0) return waits;
    this.#joining = [];
    if (!isForAll) return [];
    this.#hasJoined = true;
    this.#joined.set(promise, waits);
    return waits;
  }

  /** Nothing is left to run: reactions that were not asked for by `await` wait for ever as well, and what they would go on with. */
  nothingLeft(): void {
    for (const wait of this.#byThen.take()) {
      const history = this.#session.histories.fresh(wait.history);
      this.#runAs(history, wait.context, () => this.#session.blocked(wait));
    }
  }

  /** A reaction begins, so what it waits for is settled. @returns the wait that has ended by now */
  begins(reaction: Hooked, parent: Hooked | undefined): Wait | null {
    const resolving = parent === undefined ? undefined : this.#owed.get(parent);
    if (parent !== undefined && resolving !== undefined) this.#settle(parent, resolving);
    const own = this.#owed.get(reaction);
    // Resolved with a thenable, whose `then` is called now: not settled yet.
    if (parent === undefined && own !== undefined) own.times++;
    const wait = this.#waits.get(reaction);
    if (wait !== undefined) this.#session.waited(wait);
    return wait ?? null;
  }

  /**
   * The code that runs now resolves the promise. It may have been resolved with another one that is pending. What is next
   * in the queue tells: a reaction to it, or the call of the other's `then`, or neither.
   */
  resolved(promise: Hooked): void {
    const resolving = this.#owed.get(promise);
    if (resolving === undefined || resolving.owed.isSettled) return;
    const times = ++resolving.times;
    resolving.context = this.#session.current;
    const settle = (): void => {
      if (resolving.times === times) this.#settle(promise, resolving);
    };
    microtask(() => microtask(settle));
  }

  #settle(promise: Hooked, { owed, context }: Resolving): void {
    if (owed.isSettled) return;
    owed.isSettled = true;
    this.#runAs(this.#historyOf(promise), context ?? this.#session.main, () => this.#session.settled(owed));
  }
}

/** True while whoever makes a reaction goes on no sooner than that. */
function sleepsNow(): boolean {
  return isResting() || isAwaitNow();
}
