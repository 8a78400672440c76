import { EACCES, EINVAL, ENOENT, ENOMEM } from '../../sync/errno.ts';
import { PAGE_SHIFT, PAGE_SIZE } from '../mm/page-size.ts';
import { kmalloc } from '../slab.ts';
import type { DrmFile } from './drm-file.ts';
import type { DrmGemObject } from './gem-object.ts';

/** `DRM_FILE_PAGE_OFFSET_START`: the first page behind what the file descriptor itself could be mapped as. */
const FIRST_PAGE = 0x10_0000;

/** `struct drm_vma_offset_node` (drivers/gpu/drm/drm_vma_manager.c): where an object is mapped in, and who may do it. */
export class DrmVmaOffsetNode {
  /** First page of its place in the address space of the device; 0 without one. */
  start = 0;
  /** Handles of each file (`vm_files`). */
  readonly #allowed = new Map<DrmFile, number>();

  /** `drm_vma_node_allow`: once for each handle. @returns 0, or -ENOMEM */
  allow(file: DrmFile): number {
    if (!kmalloc('drm_vma_node_allow', 'GFP_KERNEL')) return -ENOMEM;
    this.#allowed.set(file, (this.#allowed.get(file) ?? 0) + 1);
    return 0;
  }

  /** `drm_vma_node_revoke`: the file may not any more, when it was the last of its handles. */
  revoke(file: DrmFile): void {
    const count = this.#allowed.get(file) ?? 0;
    if (count > 1) this.#allowed.set(file, count - 1);
    else this.#allowed.delete(file);
  }

  /** `drm_vma_node_is_allowed` */
  isAllowed(file: DrmFile): boolean {
    return this.#allowed.has(file);
  }
}

/** `struct drm_vma_offset_manager`: the fake offsets at which objects of a device are mapped. */
export class DrmVmaOffsetManager {
  readonly #objects = new Map<number, DrmGemObject>();
  #next = FIRST_PAGE;

  /** Objects that have a place. */
  get size(): number {
    return this.#objects.size;
  }

  /** `drm_vma_offset_add`: nothing for an object that has a place. */
  add(object: DrmGemObject): void {
    if (object.vmaNode.start !== 0) return;
    object.vmaNode.start = this.#next;
    this.#objects.set(this.#next, object);
    this.#next += object.size / PAGE_SIZE;
  }

  /** `drm_vma_offset_remove` */
  remove(object: DrmGemObject): void {
    this.#objects.delete(object.vmaNode.start);
    object.vmaNode.start = 0;
  }

  /** `drm_vma_offset_exact_lookup_locked`: the object that begins there, and is not smaller. */
  find(start: number, pages: number): DrmGemObject | null {
    const object = this.#objects.get(start) ?? null;
    return object !== null && object.size >= pages * PAGE_SIZE ? object : null;
  }
}

/**
 * `drm_gem_dumb_map_offset` (drivers/gpu/drm/drm_gem.c): where the object of a handle is mapped with mmap(2).
 *
 * @returns the offset in bytes; -ENOENT for what is no handle; -EINVAL for an imported object, which its exporter maps
 */
export async function gemDumbMapOffset(file: DrmFile, handle: number): Promise<number> {
  const object = await file.lookup(handle);
  if (object === null) return -ENOENT;
  let result = -EINVAL;
  if (object.importAttach === null) {
    file.dev.vmaOffsetManager.add(object);
    result = object.vmaNode.start * 2 ** PAGE_SHIFT;
  }
  await object.put();
  return result;
}

/**
 * `drm_gem_object_lookup_at_offset`: what mmap(2) of the device maps.
 *
 * @returns the object, with a reference; -EINVAL where none is, or a smaller one; -EACCES for a file without a
 *   handle for it
 */
export async function gemObjectLookupAtOffset(
  file: DrmFile,
  start: number,
  pages: number,
): Promise<DrmGemObject | number> {
  const object = file.dev.vmaOffsetManager.find(start, pages)?.getUnlessZero() ?? null;
  if (object === null) return -EINVAL;
  if (object.vmaNode.isAllowed(file)) return object;
  await object.put();
  return -EACCES;
}
