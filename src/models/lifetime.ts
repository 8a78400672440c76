import { Handle } from '../sync/handle.ts';
import { crash } from './warn.ts';

/**
 * A piece of the kernel's memory, from allocation to `kfree`. Models call `check` wherever the kernel would read or
 * write it, as KASAN does, so a use after free is found even where the value would still have been there.
 */
export class Lifetime {
  readonly #handle: Handle;
  readonly #label: string;
  #freedBy: string | null = null;

  /** @param handle the tracked object findings are about; one of kind `memory` if not given */
  constructor(name: string, handle: Handle = new Handle('memory', { name })) {
    this.#label = name;
    this.#handle = handle;
  }

  get name(): string {
    return this.#label;
  }

  get freed(): boolean {
    return this.#freedBy !== null;
  }

  /** `kfree`. @throws DeptError `ERR_DEPT_DOUBLE_FREE` when it was freed before */
  free(by = 'kfree'): void {
    if (this.#freedBy !== null) {
      const message =
        `KASAN: double-free of ${this.#label} in ${by}; it was freed by ${this.#freedBy}. ` +
        'Somebody put a reference that was not theirs.';
      throw crash('double-free', 'ERR_DEPT_DOUBLE_FREE', message, this.#handle.object);
    }
    this.#freedBy = by;
  }

  /** The memory is read or written. @throws DeptError `ERR_DEPT_USE_AFTER_FREE` when it was freed */
  check(what: string): void {
    if (this.#freedBy === null) return;
    const message =
      `KASAN: use-after-free of ${this.#label} in ${what}; it was freed by ${this.#freedBy}. ` +
      'Hold a reference, or stay inside the RCU reader in which it was found.';
    throw crash('use-after-free', 'ERR_DEPT_USE_AFTER_FREE', message, this.#handle.object);
  }
}
