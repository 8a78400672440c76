import { DeptError } from '../../core/dept-error.ts';
import { checkOptions, type OptionKinds } from '../../core/options.ts';
import type { TrackedObject } from '../../core/tracked-object.ts';
import type { HowMuch } from '../../core/vocabulary.ts';
import { Handle, type Identity } from '../handle.ts';
import { destroy, misuse } from '../hooks.ts';
import { type Demand, PermitQueue, type Policy } from '../permit-queue.ts';
import type { SleepOptions } from '../sleep.ts';
import { TimeoutError } from '../timeout-error.ts';
import { Guard, type Releaser } from './guard.ts';
import { ACQUIRE_OPTIONS, checkWait, LOCK_OPTIONS, WAIT_OPTIONS } from './wait-options.ts';

/** Options of a lock: what it is called, and how long its callers wait unless they say otherwise. */
export interface LockOptions extends Identity, SleepOptions {}

/** What programs call the kinds of locks. */
const CLASSES: Readonly<Record<'mutex' | 'rwsem' | 'semaphore', string>> = Object.freeze({
  mutex: 'Mutex',
  rwsem: 'RwLock',
  semaphore: 'Semaphore',
});

/** What every lock of this folder is: a permit queue that grants guards, and can be destroyed. */
export class Guarded implements Releaser {
  readonly #handle: Handle;
  readonly #queue: PermitQueue<Guard, Guard>;
  readonly #defaults: SleepOptions | null;
  /** What a wait may be given. */
  readonly #kinds: OptionKinds;
  #destroyed = false;

  constructor(kind: keyof typeof CLASSES, permits: number, capacity: number, options: LockOptions) {
    checkOptions(`new ${CLASSES[kind]}()`, options, LOCK_OPTIONS);
    this.#handle = new Handle(kind, identity(options), capacity);
    this.#queue = new PermitQueue(this.#handle, permits, guards(this));
    this.#kinds = kind === 'semaphore' ? ACQUIRE_OPTIONS : WAIT_OPTIONS;
    const { timeoutMs, signal } = options;
    this.#defaults = timeoutMs === undefined && signal === undefined ? null : sleepOf(timeoutMs, signal);
  }

  get name(): string {
    return this.#handle.name;
  }

  get object(): TrackedObject | null {
    return this.#handle.object;
  }

  /** Callers that wait now. */
  get waiting(): number {
    return this.#queue.waiting;
  }

  /** Permits nobody has. */
  get free(): number {
    return this.#queue.free;
  }

  /** @throws DeptError `ERR_DEPT_DESTROYED`; `ERR_DEPT_BAD_OPTION` for a bad timeout */
  take(demand: Demand, sleep: SleepOptions | null, more: HowMuch | null = null): Promise<Guard> {
    this.#checkAlive(demand.how.waitLabel);
    return this.#queue.take(demand, more, this.#sleep(sleep, demand));
  }

  tryTake(demand: Demand, more: HowMuch | null = null): Guard | null {
    this.#checkAlive(demand.tryHow.startLabel);
    return this.#queue.tryTake(demand, more);
  }

  /** Runs `fn` with a guard taken, and releases it when what `fn` returns has settled. */
  async run<T>(
    demand: Demand,
    sleep: SleepOptions | null,
    fn: () => T | PromiseLike<T>,
    more: HowMuch | null = null,
  ): Promise<T> {
    const guard = await this.take(demand, sleep, more);
    try {
      return await fn();
    } finally {
      guard[Symbol.dispose]();
    }
  }

  giveBack(guard: Guard): void {
    this.#queue.release(guard);
  }

  /** Keeps `demand` of a guard and gives back the rest. */
  shrink(guard: Guard, demand: Demand): void {
    if (!guard.open) guard.release();
    this.#queue.shrink(guard, demand.permits, demand.how);
  }

  /** Ends the primitive's life. @throws DeptError `ERR_DEPT_BUSY` while it is held or waited for */
  destroy(busy: boolean): void {
    this.#checkAlive('destroy');
    if (busy || this.waiting > 0) {
      const message = `${this.name} is destroyed while it is held or waited for. Release every guard first.`;
      misuse('destroy-held', this.#handle.object, message);
      throw new DeptError('ERR_DEPT_BUSY', message);
    }
    this.#destroyed = true;
    destroy(this.#handle.object);
  }

  #sleep(asked: SleepOptions | null, { how }: Demand): SleepOptions | null {
    if (asked === null) return this.#defaults;
    checkWait(this, how.waitLabel, asked, this.#kinds);
    const defaults = this.#defaults;
    return defaults === null ? asked : sleepOf(asked.timeoutMs ?? defaults.timeoutMs, asked.signal ?? defaults.signal);
  }

  #checkAlive(operation: string): void {
    if (!this.#destroyed) return;
    const message = `${operation}(${this.name}) after it was destroyed. Make a new one, or destroy it later.`;
    misuse('use-after-destroy', this.#handle.object, message);
    throw new DeptError('ERR_DEPT_DESTROYED', message);
  }
}

/** Guards for whoever is admitted; a refused caller sees the reason thrown. */
function guards(owner: Releaser): Policy<Guard, Guard> {
  return {
    spins: false,
    abortFirst: true,
    grant: (eventContext, permits, thread) => new Guard(owner, eventContext, permits, thread),
    admitted: (guard) => guard,
    refused: (parked, why, sleep) =>
      parked.fail(why === 'cancelled' ? sleep.signal?.reason : new TimeoutError(owner.name, sleep.timeoutMs ?? 0)),
  };
}

function identity({ timeoutMs: _timeoutMs, signal: _signal, ...rest }: LockOptions): Identity {
  return rest;
}

function sleepOf(timeoutMs: number | undefined, signal: AbortSignal | undefined): SleepOptions {
  return { ...(timeoutMs !== undefined && { timeoutMs }), ...(signal !== undefined && { signal }) };
}
