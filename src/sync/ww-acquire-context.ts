import type { HowMuch } from '../core/vocabulary.ts';
import { Handle, type Identity } from './handle.ts';
import { misused } from './misused.ts';
import { type Runtime, runtime } from './runtime.ts';

/** `struct ww_class`: locks that may be taken in any order, and the rule that breaks ties. */
export class WwClass {
  readonly name: string;
  /** The requester dies before older holders (Wait-Die), or wounds younger ones (Wound-Wait). */
  readonly waitDie: boolean;
  /** Last stamp of each world, so that a class may be as long-lived as the kernel's, which are static. */
  readonly #stamps = new WeakMap<Runtime, number>();

  constructor(name: string, options: { readonly waitDie?: boolean } = {}) {
    this.name = name;
    this.waitDie = options.waitDie ?? true;
  }

  /** The next stamp: smaller is older. */
  nextStamp(): number {
    const stamp = (this.#stamps.get(runtime()) ?? 0) + 1;
    this.#stamps.set(runtime(), stamp);
    return stamp;
  }
}

/** What the context must know of a lock of its class. */
export interface WwLock {
  readonly name: string;
}

/** `struct ww_acquire_ctx`: one attempt to hold several locks of a class; its age decides who backs off. */
export class WwAcquireContext {
  readonly wwClass: WwClass;
  /** Smaller is older. Kept through back-offs, so that everybody becomes the oldest some day. */
  readonly stamp: number;
  /** What every wait under this context says: locks of one group may nest. */
  readonly more: HowMuch;
  readonly handle: Handle;
  /** Locks held under this context. Owned by `WwMutex`. */
  acquired = 0;
  /** An older context waits for what this one holds. Owned by `WwMutex`. */
  wounded = false;
  /** The lock this context backed off from, to be taken first. Owned by `WwMutex`. */
  contending: WwLock | null = null;
  /** Ends the sleep of this context with -EDEADLK; null while it does not sleep. Owned by `WwMutex`. */
  kill: (() => void) | null = null;
  #state: 'acquiring' | 'done' | 'finished' = 'acquiring';

  /** `ww_acquire_init` */
  constructor(wwClass: WwClass, identity: Identity = {}) {
    this.wwClass = wwClass;
    this.stamp = wwClass.nextStamp();
    this.more = Object.freeze({ group: this });
    this.handle = new Handle('ww_acquire', { name: `${wwClass.name}_acquire`, ...identity });
  }

  get name(): string {
    return `${this.handle.name}#${this.stamp}`;
  }

  isOlderThan(other: WwAcquireContext): boolean {
    return this.stamp < other.stamp;
  }

  /** `ww_acquire_done`: everything is locked. @throws DeptError `ERR_DEPT_WW_STATE` when called twice */
  done(): void {
    if (this.#state !== 'acquiring') throw this.misused('ww-done-twice', `${this.name} is done already.`);
    this.#state = 'done';
  }

  /** `ww_acquire_fini`. @throws DeptError `ERR_DEPT_WW_STATE` while locks are held under it, or when called twice */
  fini(): void {
    if (this.#state === 'finished') throw this.misused('ww-fini-twice', `${this.name} is finished already.`);
    if (this.acquired > 0) {
      throw this.misused(
        'ww-fini-held',
        `${this.name} is finished while it holds ${this.acquired} locks. Unlock them.`,
      );
    }
    this.#state = 'finished';
  }

  /** @throws DeptError `ERR_DEPT_WW_STATE` when `lock` may not be taken under this context now */
  checkLock(lock: WwLock, wwClass: WwClass, slow: boolean): void {
    if (wwClass !== this.wwClass) {
      throw this.misused('ww-class', `${lock.name} is of ${wwClass.name}, the context of ${this.wwClass.name}.`);
    }
    if (this.#state !== 'acquiring') {
      throw this.misused('ww-after-done', `${lock.name} is locked after ww_acquire_done() of ${this.name}.`);
    }
    if (slow && this.acquired > 0) {
      throw this.misused(
        'ww-slow-held',
        `${lock.name} is locked slowly while ${this.name} holds ${this.acquired} locks.`,
      );
    }
    if (this.contending === null) return;
    if (this.contending !== lock) {
      throw this.misused(
        'ww-contending',
        `${this.name} backed off from ${this.contending.name} and must lock it first, not ${lock.name}.`,
      );
    }
    if (this.acquired > 0) {
      throw this.misused('ww-backoff', `${this.name} got -EDEADLK and must unlock everything before it tries again.`);
    }
  }

  /** Tells observers. @returns the error to throw */
  misused(kind: `ww-${string}`, message: string): Error {
    return misused(kind, 'ERR_DEPT_WW_STATE', this.handle, message);
  }
}
