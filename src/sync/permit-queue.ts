import type { EventContext } from '../core/event-context.ts';
import type { How, HowMuch } from '../core/vocabulary.ts';
import type { Refuser, Wait } from '../core/wait.ts';
import type { Grant } from './grant.ts';
import type { Handle } from './handle.ts';
import { bind, blocked, enter, exit, granted, modify, taken, wait, waited } from './hooks.ts';
import { mightSleep } from './misused.ts';
import { deferred, type Parked } from './parked.ts';
import { runtime, type Thread } from './runtime.ts';
import { arm, detail, type Refusal, type SleepOptions } from './sleep.ts';
import { WaiterLink, WaiterList } from './waiter-list.ts';

/** One way of taking a primitive, made once for each operation. */
export interface Demand {
  readonly how: How;
  /** The same without waiting. */
  readonly tryHow: How;
  /** Permits taken. */
  readonly permits: number;
  /** Passes everybody who waits for more (recursive readers). */
  readonly barges: boolean;
}

/** What a primitive makes of grants and refusals. `R` is what its waiters get. */
export interface Policy<G extends Grant, R> {
  /** Busy-waits instead of sleeping. */
  readonly spins: boolean;
  /** A signal aborted before the call refuses it even when nothing need be waited for; kernel locks look at it later. */
  readonly abortFirst: boolean;
  grant(eventContext: EventContext | null, permits: number, thread: Thread | null): G;
  /** The primitive notes its new holder, in the releaser. @returns what the waiter resumes with */
  admitted(grant: G): R;
  /** Ends the sleep of a waiter that gave up. */
  refused(parked: Parked<R>, why: Refusal, sleep: SleepOptions): void;
}

class PermitWaiter<R> extends WaiterLink {
  readonly demand: Demand;
  readonly wait: Wait | null;
  readonly thread: Thread | null;
  readonly parked: Parked<R>;
  disarm: (() => void) | null = null;

  constructor(demand: Demand, begun: Wait | null, thread: Thread | null, parked: Parked<R>) {
    super();
    this.demand = demand;
    this.wait = begun;
    this.thread = thread;
    this.parked = parked;
  }
}

/**
 * The engine under every lock: permits, and a strict FIFO of those who wait for some. A mutex has one permit, a reader
 * takes one of very many and a writer all of them. Permits are handed to the first waiter by whoever gives them back,
 * so nobody can steal in between; a waiter that gives up lets those behind it pass at once.
 */
export class PermitQueue<G extends Grant, R> implements Refuser {
  readonly handle: Handle;
  readonly #policy: Policy<G, R>;
  readonly #waiters = new WaiterList<PermitWaiter<R>>();
  #free: number;
  #barging = 0;

  constructor(handle: Handle, permits: number, policy: Policy<G, R>) {
    this.handle = handle;
    this.#free = permits;
    this.#policy = policy;
  }

  /** Permits nobody has. */
  get free(): number {
    return this.#free;
  }

  get waiting(): number {
    return this.#waiters.size;
  }

  /**
   * Takes the permits, or waits its turn.
   *
   * @throws DeptError `ERR_DEPT_ATOMIC` when it may sleep where that is forbidden
   */
  take(demand: Demand, more: HowMuch | null, sleep: SleepOptions | null): Promise<R> {
    if (!this.#policy.spins) mightSleep(demand.how.waitLabel, this.handle);
    if (sleep !== null && (sleep.signal?.aborted === true || sleep.timeoutMs === 0)) {
      return this.#atOnce(demand, more, sleep);
    }
    const thread = runtime().thread;
    if (!this.#admits(demand)) {
      return this.#park(demand, wait(this.handle.object, demand.how, detail(more, sleep)), thread, sleep);
    }
    const held = taken(this.handle.object, demand.how, detail(more, sleep));
    return bind(Promise.resolve(this.#admit(demand, thread, held)), held);
  }

  /** @returns the grant, or null when it would have to wait */
  tryTake(demand: Demand, more: HowMuch | null = null): G | null {
    if (!this.#admits(demand)) return null;
    const { handle } = this;
    this.#free -= demand.permits;
    const held = enter(handle.object, demand.tryHow, more);
    const grant = this.#policy.grant(held, demand.permits, runtime().thread);
    this.#policy.admitted(grant);
    return grant;
  }

  /** Gives a grant back and hands on what is free now. */
  release(grant: G): void {
    grant.open = false;
    exit(grant.eventContext);
    this.#free += grant.permits;
    if (this.#waiters.first !== null) this.#settle();
  }

  /** Adds permits nobody had taken (`up()` of a semaphore used for signalling). */
  add(permits: number): void {
    this.#free += permits;
    this.#settle();
  }

  /** Keeps `permits` of a grant, owed as `how`, and gives back the rest. */
  shrink(grant: G, permits: number, how: How): void {
    this.#free += grant.permits - permits;
    grant.permits = permits;
    grant.eventContext = modify(grant.eventContext, how);
    this.#settle();
  }

  /** Ends a wait of this queue with an error; one that is over is left alone. */
  refuse(wait: Wait, reason: Error): void {
    const waiter = [...this.#waiters].find((each) => each.wait === wait);
    if (waiter === undefined) return;
    this.#leave(waiter);
    waiter.disarm?.();
    waited(wait, 'cancelled');
    waiter.parked.fail(reason);
    this.#settle();
  }

  #admits(demand: Demand): boolean {
    return this.#free >= demand.permits && (demand.barges || this.#waiters.first === null);
  }

  #admit(demand: Demand, thread: Thread | null, held: EventContext | null): R {
    this.#free -= demand.permits;
    return this.#policy.admitted(this.#policy.grant(held, demand.permits, thread));
  }

  /** Nothing may be waited for: a timeout of 0 tries once, and so does an aborted signal where it is looked at late. */
  #atOnce(demand: Demand, more: HowMuch | null, sleep: SleepOptions): Promise<R> {
    const aborted = sleep.signal?.aborted === true;
    if (this.#admits(demand) && !(aborted && this.#policy.abortFirst)) {
      const held = enter(this.handle.object, demand.tryHow, more);
      return Promise.resolve(this.#admit(demand, runtime().thread, held));
    }
    const settled = deferred<R>();
    this.#policy.refused(settled, aborted ? 'cancelled' : 'timed-out', sleep);
    return settled.promise;
  }

  #park(demand: Demand, begun: Wait | null, thread: Thread | null, sleep: SleepOptions | null): Promise<R> {
    const what = `${demand.how.waitLabel}(${this.handle.name})`;
    const parked = runtime().park<R>({ what, spins: this.#policy.spins });
    const waiter = new PermitWaiter(demand, begun, thread, parked);
    this.#waiters.push(waiter);
    if (demand.barges) this.#barging++;
    // A kernel lock knows no such error.
    if (begun !== null && this.#policy.abortFirst) begun.refuser = this;
    blocked(begun);
    waiter.disarm = arm(sleep, (why) => {
      this.#leave(waiter);
      waited(begun, why);
      this.#policy.refused(parked, why, sleep ?? {});
      this.#settle();
    });
    return bind(parked.promise, begun);
  }

  #leave(waiter: PermitWaiter<R>): void {
    if (this.#waiters.remove(waiter) && waiter.demand.barges) this.#barging--;
  }

  #settle(): void {
    for (let next = this.#waiters.first; next !== null; next = this.#waiters.first) {
      if (this.#free < next.demand.permits) break;
      this.#resume(next);
    }
    if (this.#barging === 0 || this.#free === 0) return;
    for (const waiter of this.#waiters) {
      if (waiter.demand.barges && this.#free >= waiter.demand.permits) this.#resume(waiter);
    }
  }

  #resume(waiter: PermitWaiter<R>): void {
    this.#leave(waiter);
    waiter.disarm?.();
    waiter.parked.wake(this.#admit(waiter.demand, waiter.thread, granted(waiter.wait)));
  }
}
