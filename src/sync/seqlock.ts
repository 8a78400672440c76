import type { EventContext } from '../core/event-context.ts';
import { READ_LOCK_RECURSIVE, WRITE_LOCK, WRITE_TRYLOCK } from '../core/how.ts';
import { Handle, type Identity } from './handle.ts';
import { enter, exit, granted, wait, waited } from './hooks.ts';
import { misused } from './misused.ts';
import { Sleepers } from './sleepers.ts';
import { SpinLock } from './spinlock.ts';

/**
 * `seqlock_t`: writers exclude each other with a spinlock and make the sequence odd while they write; readers never
 * block writers, wait while the sequence is odd, and read again when it changed. A reader that interrupts a writer on
 * its processor spins for ever.
 */
export class SeqLock {
  readonly #handle: Handle;
  readonly #lock: SpinLock;
  readonly #spinning: Sleepers<void>;
  #sequence = 0;
  #writing: EventContext | null = null;

  constructor(identity: Identity = {}) {
    this.#handle = new Handle('seqlock', identity);
    this.#lock = new SpinLock({ ...identity, name: `${identity.name ?? 'seqlock'}.lock` });
    this.#spinning = new Sleepers(this.#handle);
  }

  get name(): string {
    return this.#handle.name;
  }

  /** Odd while somebody writes. */
  get sequence(): number {
    return this.#sequence;
  }

  /** `write_seqlock` */
  async writeLock(): Promise<void> {
    await this.#lock.lock();
    this.#writing = granted(wait(this.#handle.object, WRITE_LOCK));
    this.#sequence++;
  }

  /** `write_tryseqlock` */
  writeTrylock(): boolean {
    if (!this.#lock.trylock()) return false;
    this.#writing = enter(this.#handle.object, WRITE_TRYLOCK);
    this.#sequence++;
    return true;
  }

  /** `write_sequnlock`. @throws DeptError `ERR_DEPT_BAD_UNLOCK` when nobody writes */
  writeUnlock(): void {
    if ((this.#sequence & 1) === 0) {
      throw misused('bad-unlock', 'ERR_DEPT_BAD_UNLOCK', this.#handle, `write_sequnlock(${this.name}): nobody writes.`);
    }
    this.#sequence++;
    exit(this.#writing);
    this.#writing = null;
    this.#spinning.wakeAll();
    this.#lock.unlock();
  }

  /** `read_seqbegin`: spins while somebody writes. @returns the sequence to check with `readRetry` */
  async readBegin(): Promise<number> {
    const begun = wait(this.#handle.object, READ_LOCK_RECURSIVE);
    if ((this.#sequence & 1) === 0) {
      waited(begun);
      return this.#sequence;
    }
    // A writer that begins between the wake-up and the next turn is found by readRetry, at the latest.
    await this.#spinning.sleep({
      begun,
      operation: 'read_seqbegin',
      options: null,
      refused: () => undefined,
      spins: true,
    });
    return this.#sequence & ~1;
  }

  /** `read_seqretry`. @returns true when what was read since `start` must be read again */
  readRetry(start: number): boolean {
    return this.#sequence !== start;
  }
}
