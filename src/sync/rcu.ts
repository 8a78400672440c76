import type { EventContext } from '../core/event-context.ts';
import { defineHow } from '../core/how.ts';
import { Ending, whenAllEnded } from './ending.ts';
import { Handle, type Identity } from './handle.ts';
import { enter, exit, wait, waited } from './hooks.ts';
import { mightSleep, misused } from './misused.ts';
import { runtime, type Thread } from './runtime.ts';
import { Sleepers } from './sleepers.ts';

const READ = defineHow({
  mode: 'read',
  recursive: true,
  queued: false,
  trylock: true,
  startLabel: 'rcu_read_lock',
  waitLabel: 'rcu_read_lock',
  eventLabel: 'rcu_read_unlock',
});
const GRACE_PERIOD = defineHow({ waitLabel: 'synchronize_rcu', startLabel: 'start', eventLabel: 'rcu_gp_end' });
const CALLBACK = defineHow({ startLabel: 'rcu_do_batch', waitLabel: 'rcu_barrier', eventLabel: 'rcu_callback_end' });

export interface RcuOptions extends Identity {
  /** Readers may sleep (SRCU). */
  readonly sleepable?: boolean;
}

/** One read-side critical section. */
export class RcuReader extends Ending implements Disposable {
  readonly thread: Thread | null;
  readonly #leave: (reader: RcuReader) => void;

  constructor(thread: Thread | null, leave: (reader: RcuReader) => void) {
    super();
    this.thread = thread;
    this.#leave = leave;
  }

  /** `rcu_read_unlock`. @throws DeptError `ERR_DEPT_BAD_UNLOCK` when it was left before */
  unlock(): void {
    this.#leave(this);
  }

  [Symbol.dispose](): void {
    if (!this.ended) this.#leave(this);
  }
}

/**
 * Read-copy-update: readers never wait; `synchronize` waits for every reader that began before it. One object is one
 * domain, with classes of its own.
 */
export class RcuDomain {
  readonly sleepable: boolean;
  readonly #handle: Handle;
  readonly #callbacks: Handle;
  readonly #readers = new Map<RcuReader, EventContext | null>();
  /** Callbacks not yet run to their end. */
  readonly #pending = new Set<Ending>();

  constructor(options: RcuOptions = {}) {
    const { sleepable = false, ...identity } = options;
    this.sleepable = sleepable;
    const name = identity.name ?? (sleepable ? 'srcu' : 'rcu');
    this.#handle = new Handle('rcu', { ...identity, name });
    this.#callbacks = new Handle('rcu', { ...identity, name: `${name}_callback` });
  }

  get name(): string {
    return this.#handle.name;
  }

  /** Readers inside now, nested ones counted apart. */
  get readers(): number {
    return this.#readers.size;
  }

  /** `rcu_read_lock`; nests. A classic reader must not sleep. */
  readLock(): RcuReader {
    const { thread } = runtime();
    if (thread !== null && !this.sleepable) thread.rcuNesting++;
    const reader = new RcuReader(thread, (left) => this.#unlock(left));
    this.#readers.set(reader, enter(this.#handle.object, READ));
    return reader;
  }

  /**
   * `synchronize_rcu`, `synchronize_srcu`: waits for the readers that are inside now.
   *
   * @throws DeptError `ERR_DEPT_RCU_READER` inside a reader of this domain: it would wait for itself
   */
  async synchronize(): Promise<void> {
    const { thread } = runtime();
    if (thread !== null && [...this.#readers.keys()].some((reader) => reader.thread === thread)) {
      throw misused(
        'rcu-sync-in-reader',
        'ERR_DEPT_RCU_READER',
        this.#handle,
        `Illegal synchronize_rcu(${this.name}) in RCU read-side critical section of ${thread.name}. Leave the reader first.`,
      );
    }
    mightSleep(GRACE_PERIOD.waitLabel, this.#handle);
    const begun = wait(this.#handle.object, GRACE_PERIOD);
    if (this.#readers.size === 0) return waited(begun);
    const sleepers = new Sleepers<void>(this.#handle);
    whenAllEnded(this.#readers.keys(), () => sleepers.wakeOne());
    await sleepers.sleep({ begun, operation: GRACE_PERIOD.waitLabel, options: null, refused: () => undefined });
  }

  /** `call_rcu`: runs `callback` in a soft interrupt after a grace period. It must not sleep. */
  call(callback: () => Promise<void> | void): void {
    const pending = new Ending();
    this.#pending.add(pending);
    whenAllEnded(this.#readers.keys(), () => {
      runtime().spawn(`${this.name}_callback`, 'softirq', async () => {
        const held = enter(this.#callbacks.object, CALLBACK);
        try {
          await callback();
        } finally {
          exit(held);
          this.#pending.delete(pending);
          pending.end();
        }
      });
    });
  }

  /** `rcu_barrier`: waits until every callback of `call` until now has run. Needed before code that callbacks use goes. */
  async barrier(): Promise<void> {
    mightSleep(CALLBACK.waitLabel, this.#callbacks);
    const begun = wait(this.#callbacks.object, CALLBACK);
    if (this.#pending.size === 0) return waited(begun);
    const sleepers = new Sleepers<void>(this.#callbacks);
    whenAllEnded(this.#pending, () => sleepers.wakeOne());
    await sleepers.sleep({ begun, operation: CALLBACK.waitLabel, options: null, refused: () => undefined });
  }

  #unlock(reader: RcuReader): void {
    const held = this.#readers.get(reader);
    if (held === undefined) {
      throw misused(
        'bad-unlock',
        'ERR_DEPT_BAD_UNLOCK',
        this.#handle,
        `rcu_read_unlock(${this.name}): this reader was left before. Leave each reader once.`,
      );
    }
    this.#readers.delete(reader);
    if (reader.thread !== null && !this.sleepable) reader.thread.rcuNesting--;
    exit(held);
    reader.end();
  }
}
