import type { EventContext } from '../core/event-context.ts';
import { LOCK, TRYLOCK } from '../core/how.ts';
import type { Wait } from '../core/wait.ts';
import { EALREADY, EDEADLK, EINTR } from './errno.ts';
import { Handle, type Identity } from './handle.ts';
import { bind, blocked, enter, exit, granted, wait, waited } from './hooks.ts';
import { mightSleep, misused } from './misused.ts';
import type { Parked } from './parked.ts';
import { runtime, type Thread } from './runtime.ts';
import { arm } from './sleep.ts';
import { WaiterLink, WaiterList } from './waiter-list.ts';
import type { WwAcquireContext, WwClass } from './ww-acquire-context.ts';

class WwWaiter extends WaiterLink {
  readonly context: WwAcquireContext | null;
  readonly wait: Wait | null;
  readonly thread: Thread | null;
  readonly parked: Parked<number>;
  disarm: (() => void) | null = null;

  constructor(context: WwAcquireContext | null, begun: Wait | null, thread: Thread | null, parked: Parked<number>) {
    super();
    this.context = context;
    this.wait = begun;
    this.thread = thread;
    this.parked = parked;
  }
}

/**
 * `struct ww_mutex`: locks taken in any order under an acquire context. A context that would close a circle gets
 * -EDEADLK, unlocks everything, takes the contended lock with `lockSlow` and starts again
 * (kernel/locking/ww_mutex.h; Documentation/locking/ww-mutex-design.rst).
 */
export class WwMutex {
  readonly wwClass: WwClass;
  readonly #handle: Handle;
  /** Contexts in order of age, callers without one where they came. */
  readonly #waiters = new WaiterList<WwWaiter>();
  #locked = false;
  #thread: Thread | null = null;
  #context: WwAcquireContext | null = null;
  #held: EventContext | null = null;

  constructor(wwClass: WwClass, identity: Identity = {}) {
    this.wwClass = wwClass;
    this.#handle = new Handle('ww_mutex', { name: wwClass.name, ...identity });
  }

  get name(): string {
    return this.#handle.name;
  }

  /** `ww_mutex_is_locked` */
  get isLocked(): boolean {
    return this.#locked;
  }

  /** True when the thread that runs holds it (`lockdep_is_held`). */
  get isHeld(): boolean {
    return this.#locked && this.#thread === runtime().thread;
  }

  get waiting(): number {
    return this.#waiters.size;
  }

  /** The context it is held under; null when it is free or held without one. */
  get context(): WwAcquireContext | null {
    return this.#context;
  }

  /**
   * `ww_mutex_lock`. Without a context it is a plain mutex, which never backs off.
   *
   * @returns 0; -EALREADY when this context holds it; -EDEADLK when the context must back off
   * @throws DeptError `ERR_DEPT_WW_STATE` when the protocol is broken
   */
  async lock(context: WwAcquireContext | null = null): Promise<number> {
    return this.#lock(context, null, false);
  }

  /** `ww_mutex_lock_interruptible`. @returns as `lock`, or -EINTR */
  async lockInterruptible(
    context: WwAcquireContext | null = null,
    signal: AbortSignal | undefined = runtime().thread?.signal,
  ): Promise<number> {
    return this.#lock(context, signal ?? null, false);
  }

  /** `ww_mutex_lock_slow`: after a back-off, with nothing held under the context; never -EDEADLK. */
  async lockSlow(context: WwAcquireContext): Promise<void> {
    await this.#lock(context, null, true);
  }

  /** `ww_mutex_lock_slow_interruptible`. @returns 0, or -EINTR */
  async lockSlowInterruptible(
    context: WwAcquireContext,
    signal: AbortSignal | undefined = runtime().thread?.signal,
  ): Promise<number> {
    return this.#lock(context, signal ?? null, true);
  }

  /** `ww_mutex_trylock` */
  trylock(context: WwAcquireContext | null = null): boolean {
    context?.checkLock(this, this.wwClass, false);
    if (this.#locked) return false;
    if (context?.acquired === 0) context.wounded = false;
    this.#own(context, runtime().thread, enter(this.#handle.object, TRYLOCK, context?.more ?? null));
    return true;
  }

  /** `ww_mutex_unlock`. @throws DeptError `ERR_DEPT_BAD_UNLOCK` when the caller does not own it */
  unlock(): void {
    if (!this.#locked || this.#thread !== runtime().thread) {
      const why = this.#locked ? `${this.#thread?.name ?? 'somebody else'} holds it` : 'nobody holds it';
      throw misused('bad-unlock', 'ERR_DEPT_BAD_UNLOCK', this.#handle, `ww_mutex_unlock(${this.name}): ${why}.`);
    }
    if (this.#context !== null) this.#context.acquired--;
    this.#context = null;
    this.#thread = null;
    this.#locked = false;
    exit(this.#held);
    this.#held = null;
    this.#handOn();
  }

  async #lock(context: WwAcquireContext | null, signal: AbortSignal | null, slow: boolean): Promise<number> {
    mightSleep('ww_mutex_lock', this.#handle);
    if (context !== null) {
      if (this.#context === context) return -EALREADY;
      context.checkLock(this, this.wwClass, slow);
      if (context.acquired === 0) context.wounded = false;
    }
    if (this.#locked && signal?.aborted === true) return -EINTR;
    const begun = wait(this.#handle.object, LOCK, context?.more ?? null);
    const thread = runtime().thread;
    if (!this.#locked) {
      this.#own(context, thread, granted(begun));
      return bind(Promise.resolve(0), begun);
    }
    if (context !== null && this.#mustDie(context)) {
      waited(begun, 'cancelled');
      return this.#backOff(context);
    }
    return this.#sleep(context, begun, thread, signal);
  }

  #sleep(
    context: WwAcquireContext | null,
    begun: Wait | null,
    thread: Thread | null,
    signal: AbortSignal | null,
  ): Promise<number> {
    const parked = runtime().park<number>({ what: `lock(${this.name})`, spins: false });
    const waiter = new WwWaiter(context, begun, thread, parked);
    this.#waiters.insertBefore(waiter, this.#placeOf(context));
    blocked(begun);
    waiter.disarm = arm(signal === null ? null : { signal }, () => this.#leave(waiter, -EINTR));
    if (context !== null) {
      context.kill = () => this.#leave(waiter, this.#backOff(context));
      this.#challenge(context);
    }
    return bind(parked.promise, begun);
  }

  /** True when sleeping here could close a circle, by the rule of the class (`__ww_mutex_check_kill`). */
  #mustDie(context: WwAcquireContext): boolean {
    if (context.acquired === 0) return false;
    if (!this.wwClass.waitDie) return context.wounded;
    if (this.#context?.isOlderThan(context) === true) return true;
    for (const waiter of this.#waiters) if (waiter.context?.isOlderThan(context) === true) return true;
    return false;
  }

  /** A context that will sleep here makes those it must not wait for give way. */
  #challenge(context: WwAcquireContext): void {
    if (this.wwClass.waitDie) this.#killYounger(context);
    else if (this.#context !== null) this.#wound(context, this.#context);
  }

  /** Wait-Die: younger waiters that hold locks would die on their turn; they die now (`__ww_mutex_die`). */
  #killYounger(context: WwAcquireContext): void {
    for (const { context: other } of this.#waiters) {
      if (other !== null && other.acquired > 0 && context.isOlderThan(other)) other.kill?.();
    }
  }

  /** Wound-Wait: an older waiter that holds locks makes a younger holder back off (`__ww_mutex_wound`). */
  #wound(older: WwAcquireContext, holder: WwAcquireContext): void {
    if (older.acquired === 0 || !older.isOlderThan(holder)) return;
    holder.wounded = true;
    if (holder.acquired > 0) holder.kill?.();
  }

  #backOff(context: WwAcquireContext): number {
    context.contending = this;
    return -EDEADLK;
  }

  /** The first waiter that is younger, among those with a context; the end for callers without one. */
  #placeOf(context: WwAcquireContext | null): WwWaiter | null {
    if (context === null) return null;
    for (const waiter of this.#waiters)
      if (waiter.context !== null && context.isOlderThan(waiter.context)) return waiter;
    return null;
  }

  #leave(waiter: WwWaiter, result: number): void {
    if (!this.#waiters.remove(waiter)) return;
    waiter.disarm?.();
    if (waiter.context !== null) waiter.context.kill = null;
    waited(waiter.wait, 'cancelled');
    waiter.parked.wake(result);
  }

  #handOn(): void {
    const next = this.#waiters.shift();
    if (next === null) return;
    next.disarm?.();
    if (next.context !== null) next.context.kill = null;
    this.#own(next.context, next.thread, granted(next.wait));
    next.parked.wake(0);
  }

  /** Notes the owner, and lets the waiters have their say about it (`__ww_mutex_check_waiters`). */
  #own(context: WwAcquireContext | null, thread: Thread | null, held: EventContext | null): void {
    this.#locked = true;
    this.#thread = thread;
    this.#context = context;
    this.#held = held;
    if (context === null) return;
    context.contending = null;
    context.acquired++;
    if (this.wwClass.waitDie) this.#killYounger(context);
    else for (const waiter of this.#waiters) if (waiter.context !== null) this.#wound(waiter.context, context);
  }
}
