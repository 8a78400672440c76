import { Handle, type Identity } from './handle.ts';
import { misused } from './misused.ts';

/** `struct kref`: counts references from 1; `release` runs when the last one is put. Nothing waits for it. */
export class Kref {
  readonly #handle: Handle;
  readonly #release: () => void;
  #count = 1;

  constructor(release: () => void, identity: Identity = {}) {
    this.#handle = new Handle('kref', identity);
    this.#release = release;
  }

  get name(): string {
    return this.#handle.name;
  }

  /** `kref_read` */
  get count(): number {
    return this.#count;
  }

  /** `kref_get`. @throws DeptError `ERR_DEPT_USE_AFTER_FREE` after the last put */
  get(): void {
    if (this.#count === 0)
      throw this.#freed('kref_get', 'Take a reference while somebody holds one, or getUnlessZero().');
    this.#count++;
  }

  /** `kref_get_unless_zero` */
  getUnlessZero(): boolean {
    if (this.#count === 0) return false;
    this.#count++;
    return true;
  }

  /** `kref_put`. @returns true when it was the last one. @throws DeptError `ERR_DEPT_USE_AFTER_FREE` on underflow */
  put(): boolean {
    if (this.#count === 0) throw this.#freed('kref_put', 'Put each reference once.');
    if (--this.#count > 0) return false;
    this.#release();
    return true;
  }

  #freed(operation: string, advice: string): Error {
    return misused(
      'use-after-destroy',
      'ERR_DEPT_USE_AFTER_FREE',
      this.#handle,
      `refcount_t: ${operation}(${this.name}) after its last reference was put. ${advice}`,
    );
  }
}
