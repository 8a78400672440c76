import type { ObjectKind } from '../core/classes.ts';
import type { DeptError } from '../core/dept-error.ts';
import type { How, HowMuch } from '../core/vocabulary.ts';
import { EINTR, ETIME } from './errno.ts';
import { Grant } from './grant.ts';
import { Handle, type Identity } from './handle.ts';
import { Holds } from './holds.ts';
import { destroy, exit, init } from './hooks.ts';
import { misused } from './misused.ts';
import { type Demand, PermitQueue, type Policy } from './permit-queue.ts';
import { runtime } from './runtime.ts';
import type { SleepOptions } from './sleep.ts';

/** All permits of a reader-writer lock: a writer takes them all, a reader one. */
export const ALL: number = Number.MAX_SAFE_INTEGER;

/** Who may give a hold back. */
export type Ownership = 'owner' | 'anybody';

export interface KernelLockOptions {
  /** Busy-waits instead of sleeping. */
  readonly spins?: boolean;
  /** What is taken is used up, not held: nobody owes it back. */
  readonly consumed?: boolean;
}

/**
 * What the kernel's locks have in common: they answer with numbers (0 or a negative errno), and their unlock functions
 * name the lock only, so the lock remembers who holds it.
 */
export class KernelLock {
  readonly handle: Handle;
  readonly #permits: number;
  readonly #holds = new Holds<Grant>();
  readonly #queue: PermitQueue<Grant, number>;

  constructor(kind: ObjectKind, permits: number, identity: Identity, options: KernelLockOptions = {}) {
    this.handle = new Handle(kind, identity);
    this.#permits = permits;
    const policy: Policy<Grant, number> = {
      spins: options.spins ?? false,
      abortFirst: false,
      grant: (eventContext, taken, thread) => new Grant(eventContext, taken, thread),
      admitted: (grant) => {
        if (options.consumed === true) exit(grant.eventContext);
        else this.#holds.add(grant);
        return 0;
      },
      refused: (parked, why) => parked.wake(why === 'timed-out' ? -ETIME : -EINTR),
    };
    this.#queue = new PermitQueue(this.handle, permits, policy);
  }

  get name(): string {
    return this.handle.name;
  }

  get isLocked(): boolean {
    return this.#holds.size > 0;
  }

  /** True when the thread that runs holds it (`lockdep_is_held`). */
  get isHeld(): boolean {
    return this.#holds.isHeldBy(runtime().thread);
  }

  /** Permits nobody has. */
  get free(): number {
    return this.#queue.free;
  }

  /** Callers that wait now. */
  get waiting(): number {
    return this.#queue.waiting;
  }

  take(demand: Demand, more: HowMuch | null = null, sleep: SleepOptions | null = null): Promise<number> {
    return this.#queue.take(demand, more, sleep);
  }

  tryTake(demand: Demand): boolean {
    return this.#queue.tryTake(demand) !== null;
  }

  /** @throws DeptError `ERR_DEPT_BAD_UNLOCK` when nobody who may release it holds it so */
  release(permits: number, operation: string, ownership: Ownership): void {
    const grant = this.#owned(permits, ownership);
    if (grant === null) throw this.#badUnlock(operation);
    this.#queue.release(grant);
  }

  /** Turns the writer's hold into a reader's. @throws DeptError `ERR_DEPT_BAD_UNLOCK` */
  downgrade(how: How, operation: string): void {
    const grant = this.#owned(this.#permits, 'owner');
    if (grant === null) throw this.#badUnlock(operation);
    this.#holds.add(grant);
    this.#queue.shrink(grant, 1, how);
  }

  /** Gives permits to a lock that nobody took them from. */
  add(permits: number): void {
    this.#queue.add(permits);
  }

  /** The memory is initialised again (`mutex_init`). @throws DeptError `ERR_DEPT_BUSY` while it is held */
  init(): void {
    if (this.isLocked) {
      throw misused('init-held', 'ERR_DEPT_BUSY', this.handle, `${this.name} is initialised while it is held.`);
    }
    init(this.handle.object);
  }

  /** The memory goes (`mutex_destroy`). @throws DeptError `ERR_DEPT_BUSY` while it is held or waited for */
  destroy(): void {
    if (this.isLocked || this.waiting > 0) throw this.#destroyedHeld();
    destroy(this.handle.object);
  }

  #owned(permits: number, ownership: Ownership): Grant | null {
    const own = this.#holds.takeOwn(runtime().thread, permits);
    return own ?? (ownership === 'anybody' ? this.#holds.takeAny(permits) : null);
  }

  #destroyedHeld(): DeptError {
    const message = `${this.name} is freed while it is held${this.#byWhom()} or waited for. Release it first.`;
    return misused('destroy-held', 'ERR_DEPT_BUSY', this.handle, message);
  }

  #badUnlock(operation: string): DeptError {
    const thread = runtime().thread;
    const who = thread === null ? 'the caller' : thread.name;
    const why = this.isLocked ? `it is held${this.#byWhom()}` : 'nobody holds it';
    return misused(
      'bad-unlock',
      'ERR_DEPT_BAD_UNLOCK',
      this.handle,
      `${operation}(${this.name}): ${who} does not hold it that way; ${why}. Release a lock once, where it was taken.`,
    );
  }

  #byWhom(): string {
    const holder = this.#holds.holder;
    return holder === null ? '' : ` by ${holder}`;
  }
}
