import { ENOENT, ENOMEM } from '../../sync/errno.ts';
import { KernelMutex } from '../../sync/kernel-mutex.ts';
import type { DmaBuf } from '../dma-buf/dma-buf.ts';
import { kmalloc } from '../slab.ts';
import { warnOn } from '../warn.ts';

/** `struct drm_prime_member` */
interface DrmPrimeMember {
  readonly dmaBuf: DmaBuf;
  readonly handle: number;
}

/**
 * `struct drm_prime_file_private` (drivers/gpu/drm/drm_prime.c): which handle of a file is which dma-buf, so that a buffer
 * that comes back is known. Each member holds a reference to the dma-buf. Callers hold `lock`.
 */
export class DrmPrimeFilePrivate {
  /** `prime.lock`: the outermost of GEM's locks. */
  readonly lock: KernelMutex = new KernelMutex({ name: 'prime.lock' });
  readonly #callersLock: boolean;
  /** Both trees at once: by handle, and in the order in which a search for a dma-buf finds them. */
  readonly #members = new Map<number, DrmPrimeMember>();

  /** @param callersLock false for `drm_prime_remove_buf_handle` as it was before GEM_CHANGE_HANDLE */
  constructor(callersLock: boolean) {
    this.#callersLock = callersLock;
  }

  get size(): number {
    return this.#members.size;
  }

  /** `drm_prime_add_buf_handle`. @returns 0, or -ENOMEM */
  add(dmaBuf: DmaBuf, handle: number): number {
    this.#assertHeld('drm_prime_add_buf_handle');
    if (!kmalloc('drm_prime_add_buf_handle', 'GFP_KERNEL')) return -ENOMEM;
    dmaBuf.get();
    this.#members.set(handle, { dmaBuf, handle });
    return 0;
  }

  /** `drm_prime_lookup_buf_by_handle`. @returns the dma-buf, without a reference of its own */
  bufferOf(handle: number): DmaBuf | null {
    this.#assertHeld('drm_prime_lookup_buf_by_handle');
    return this.#members.get(handle)?.dmaBuf ?? null;
  }

  /** `drm_prime_lookup_buf_handle`. @returns the handle, or -ENOENT */
  handleOf(dmaBuf: DmaBuf): number {
    this.#assertHeld('drm_prime_lookup_buf_handle');
    for (const member of this.#members.values()) if (member.dmaBuf === dmaBuf) return member.handle;
    return -ENOENT;
  }

  /** `drm_prime_remove_buf_handle`: forgets the handle, if it is known. */
  async remove(handle: number): Promise<void> {
    if (!this.#callersLock) await this.lock.lock();
    else this.#assertHeld('drm_prime_remove_buf_handle');
    const member = this.#members.get(handle);
    this.#members.delete(handle);
    await member?.dmaBuf.put();
    if (!this.#callersLock) this.lock.unlock();
  }

  /** The part of `drm_gem_object_release_handle` that forgets a handle, with the lock. */
  async removeUnlocked(handle: number): Promise<void> {
    if (!this.#callersLock) return this.remove(handle);
    await this.lock.lock();
    await this.remove(handle);
    this.lock.unlock();
  }

  /** `drm_prime_destroy_file_private`: WARNs about members that no handle was left for. */
  destroy(): void {
    warnOn(this.#members.size > 0, `drm_prime_destroy_file_private: ${this.#members.size} dma-bufs without a handle`);
  }

  #assertHeld(what: string): void {
    warnOn(!this.lock.isHeld, `${what} without prime.lock`);
  }
}
