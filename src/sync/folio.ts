import { defineHow } from '../core/how.ts';
import type { Wait } from '../core/wait.ts';
import { EINTR } from './errno.ts';
import { Handle } from './handle.ts';
import { event, request, wait, waited } from './hooks.ts';
import { mightSleep, misused } from './misused.ts';
import { runtime } from './runtime.ts';
import type { SleepOptions } from './sleep.ts';
import { Sleepers } from './sleepers.ts';

/** The labels DEPT prints for page bits (include/linux/page-flags.h of the series). */
const PAGE_BIT = defineHow({
  startLabel: 'dept_page_set_bit',
  waitLabel: 'dept_page_wait_on_bit',
  eventLabel: 'dept_page_clear_bit',
});
/** Times a waiter may lose the bit to somebody quicker before it is handed over (`sysctl_page_lock_unfairness`). */
const UNFAIRNESS = 5;

export interface FolioOptions {
  /** Name of this folio. All folios are one class, as in Linux. */
  readonly label?: string;
  /** What the folio is used for (`DEPT_PAGE_REGFILE_CACHE`, ...): folios of different use never mix. */
  readonly usage?: string;
}

/**
 * `struct folio` as far as others wait for it: PG_locked and PG_writeback. Neither bit has an owner: whoever finishes the
 * I/O clears it. A request is made when a bit is set and answered when it is cleared, so what the clearing context waited
 * for in between is what the bit depends on; where that began is unknown.
 */
export class Folio {
  readonly #locked: PageBit;
  readonly #writeback: PageBit;

  constructor(options: FolioOptions = {}) {
    this.#locked = new PageBit('folio_lock', 'pg_locked_map', options);
    this.#writeback = new PageBit('folio_writeback', 'pg_writeback_map', options);
  }

  /** `folio_test_locked` */
  get isLocked(): boolean {
    return this.#locked.isSet;
  }

  /** `folio_test_writeback` */
  get isWriteback(): boolean {
    return this.#writeback.isSet;
  }

  /** Callers asleep until it is unlocked. */
  get waiting(): number {
    return this.#locked.waiting;
  }

  /** `folio_lock`: sleeps until the bit is this caller's. Lock several folios by increasing index. */
  async lock(): Promise<void> {
    await this.#locked.take('folio_lock', null);
  }

  /** `folio_lock_killable`. @returns 0 or -EINTR */
  lockKillable(signal: AbortSignal | undefined = runtime().thread?.signal): Promise<number> {
    return this.#locked.take('folio_lock_killable', signal === undefined ? null : { signal });
  }

  /** `folio_trylock` */
  trylock(): boolean {
    if (this.isLocked) return false;
    this.#locked.set();
    return true;
  }

  /** `folio_unlock`, in whichever context. @throws DeptError `ERR_DEPT_BAD_UNLOCK` when it is not locked */
  unlock(): void {
    this.#locked.clear('folio_unlock');
  }

  /** `folio_wait_locked`: sleeps until it is unlocked, and does not lock it. */
  waitLocked(): Promise<void> {
    return this.#locked.waitClear('folio_wait_locked');
  }

  /** `folio_start_writeback`. @throws DeptError `ERR_DEPT_BAD_STATE` when it is not locked or already written back */
  startWriteback(): void {
    if (!this.isLocked || this.isWriteback) {
      const why = this.isLocked ? 'it is written back already' : 'it is not locked';
      throw misused(
        'bad-writeback',
        'ERR_DEPT_BAD_STATE',
        this.#writeback.handle,
        `folio_start_writeback(${this.#writeback.handle.name}): ${why}. Lock the folio, wait for writeback, then start.`,
      );
    }
    this.#writeback.set();
  }

  /** `folio_end_writeback`, when the I/O has ended. @throws DeptError `ERR_DEPT_BAD_UNLOCK` when none was started */
  endWriteback(): void {
    this.#writeback.clear('folio_end_writeback');
  }

  /** `folio_wait_writeback`: also through a writeback that begins before the caller goes on. */
  async waitWriteback(): Promise<void> {
    do await this.#writeback.waitClear('folio_wait_writeback');
    while (this.isWriteback);
  }
}

/** How a sleeper goes on: it looks again, it was handed the bit, or it gave up. */
type Woken = 'again' | 'handed' | 'given-up';

/** One bit of a folio. Waiting is announced always, even when the bit is clear. */
class PageBit {
  readonly handle: Handle;
  readonly #sleepers: Sleepers<Woken>;
  /** Sleepers that lost the bit too often: the next clearing hands it to the first of them. */
  readonly #starved: Sleepers<Woken>;
  isSet = false;

  constructor(kind: 'folio_lock' | 'folio_writeback', map: string, { label, usage }: FolioOptions) {
    const name = usage === undefined ? map : `${map}.${usage}`;
    this.handle = new Handle(kind, label === undefined ? { name } : { name, label });
    this.#sleepers = new Sleepers(this.handle);
    this.#starved = new Sleepers(this.handle);
  }

  get waiting(): number {
    return this.#sleepers.size + this.#starved.size;
  }

  set(): void {
    this.isSet = true;
    request(this.handle.object);
  }

  /** @throws DeptError `ERR_DEPT_BAD_UNLOCK` */
  clear(operation: string): void {
    if (!this.isSet) {
      throw misused(
        'bad-unlock',
        'ERR_DEPT_BAD_UNLOCK',
        this.handle,
        `${operation}(${this.handle.name}): the bit is not set (VM_BUG_ON). It was cleared before, or never taken.`,
      );
    }
    event(this.handle.object, PAGE_BIT);
    this.isSet = false;
    if (this.#starved.size > 0) {
      // The new owner's wait ends before its own request begins, or the bit would seem to depend on itself.
      this.#starved.wakeOne('handed');
      this.set();
    } else this.#sleepers.wakeSome('again', 1);
  }

  async take(operation: string, sleep: SleepOptions | null): Promise<number> {
    mightSleep(operation, this.handle);
    for (let lost = 0; ; lost++) {
      if (this.isSet && sleep?.signal?.aborted === true) return -EINTR;
      const begun = wait(this.handle.object, PAGE_BIT);
      if (!this.isSet) {
        waited(begun);
        this.set();
        return 0;
      }
      const queue = lost < UNFAIRNESS ? this.#sleepers : this.#starved;
      const woken = await this.#sleep(queue, begun, operation, sleep, true);
      if (woken === 'handed') return 0;
      if (woken === 'given-up') return -EINTR;
    }
  }

  async waitClear(operation: string): Promise<void> {
    mightSleep(operation, this.handle);
    const begun = wait(this.handle.object, PAGE_BIT);
    if (this.isSet) await this.#sleep(this.#sleepers, begun, operation, null, false);
    else waited(begun);
  }

  #sleep(
    queue: Sleepers<Woken>,
    begun: Wait | null,
    operation: string,
    options: SleepOptions | null,
    exclusive: boolean,
  ): Promise<Woken> {
    return queue.sleep({ begun, operation, options, exclusive, refused: (parked) => parked.wake('given-up') });
  }
}
