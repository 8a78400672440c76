import type { Outcome } from '../core/vocabulary.ts';
import type { Refuser, Wait } from '../core/wait.ts';
import type { Handle } from './handle.ts';
import { bind, blocked, waited } from './hooks.ts';
import type { Parked } from './parked.ts';
import { runtime } from './runtime.ts';
import { arm, type Refusal, type SleepOptions } from './sleep.ts';
import { WaiterLink, WaiterList } from './waiter-list.ts';

class Sleeper<R> extends WaiterLink {
  readonly wait: Wait | null;
  readonly parked: Parked<R>;
  readonly exclusive: boolean;
  disarm: (() => void) | null = null;

  constructor(begun: Wait | null, parked: Parked<R>, exclusive: boolean) {
    super();
    this.wait = begun;
    this.parked = parked;
    this.exclusive = exclusive;
  }
}

/** What to sleep with. */
export interface Sleep<R> {
  /** The wait that began at the entry of the operation. */
  readonly begun: Wait | null;
  /** Operation, for stuck threads. */
  readonly operation: string;
  readonly options: SleepOptions | null;
  /** Ends the sleep of a caller that gave up. */
  readonly refused: (parked: Parked<R>, why: Refusal) => void;
  /** Only one sleeper of this sort is woken at a time. */
  readonly exclusive?: boolean;
  readonly spins?: boolean;
  /** The caller can take an error that is not its own. */
  readonly refusable?: boolean;
}

/** Callers asleep until something happens, first come, first woken. Nothing is granted to them. */
export class Sleepers<R> implements Refuser {
  readonly #handle: Handle;
  readonly #list = new WaiterList<Sleeper<R>>();

  constructor(handle: Handle) {
    this.#handle = handle;
  }

  get size(): number {
    return this.#list.size;
  }

  /** Puts the caller to sleep; it awaits the promise at once. */
  sleep(sleep: Sleep<R>): Promise<R> {
    const { begun, operation, options, refused, exclusive = false, spins = false, refusable = false } = sleep;
    const parked = runtime().park<R>({ what: `${operation}(${this.#handle.name})`, spins });
    const sleeper = new Sleeper(begun, parked, exclusive);
    this.#list.push(sleeper);
    if (begun !== null && refusable) begun.refuser = this;
    blocked(begun);
    sleeper.disarm = arm(options, (why) => {
      this.#list.remove(sleeper);
      waited(begun, why);
      refused(parked, why);
    });
    return bind(parked.promise, begun);
  }

  /** Ends a wait of these sleepers with an error; one that is over is left alone. */
  refuse(wait: Wait, reason: Error): void {
    const sleeper = [...this.#list].find((each) => each.wait === wait);
    if (sleeper === undefined) return;
    this.#end(sleeper, 'cancelled');
    sleeper.parked.fail(reason);
  }

  /** Wakes whoever sleeps longest. @returns false when nobody sleeps */
  wakeOne(value: R): boolean {
    const first = this.#list.first;
    if (first === null) return false;
    this.#wake(first, value);
    return true;
  }

  /** Wakes every sleeper. @returns how many */
  wakeAll(value: R): number {
    return this.wakeSome(value, Number.POSITIVE_INFINITY);
  }

  /** Wakes everybody in front of the `exclusive`-th exclusive sleeper, and that one (`__wake_up_common`). */
  wakeSome(value: R, exclusive: number): number {
    let woken = 0;
    let left = exclusive;
    for (const sleeper of this.#list) {
      this.#wake(sleeper, value);
      woken++;
      if (sleeper.exclusive && --left === 0) break;
    }
    return woken;
  }

  /** Ends every sleep with an error: what happened was a failure, or it will never happen. */
  failAll(error: unknown, outcome: Outcome): void {
    for (const sleeper of this.#list) {
      this.#end(sleeper, outcome);
      sleeper.parked.fail(error);
    }
  }

  #wake(sleeper: Sleeper<R>, value: R): void {
    this.#end(sleeper, 'fired');
    sleeper.parked.wake(value);
  }

  #end(sleeper: Sleeper<R>, outcome: Outcome): void {
    this.#list.remove(sleeper);
    sleeper.disarm?.();
    waited(sleeper.wait, outcome);
  }
}
