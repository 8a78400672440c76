import assert from 'node:assert/strict';
import { DrmDevice, type DrmDriver } from '../../../src/models/drm/drm-device.ts';
import { DrmFile } from '../../../src/models/drm/drm-file.ts';
import type { DrmGemFixes } from '../../../src/models/drm/gem-fixes.ts';
import { gemHandleCreate } from '../../../src/models/drm/gem-handle.ts';
import type { DrmGemObject, DrmGemObjectFuncs } from '../../../src/models/drm/gem-object.ts';
import { DrmGemShmemObject, GEM_SHMEM_FUNCS, gemShmemPrimeImportSgTable } from '../../../src/models/drm/gem-shmem.ts';
import { flushDelayedFput } from '../../../src/models/fs/file.ts';
import { KernelModule } from '../../../src/models/module.ts';
import { current } from '../../../src/models/process.ts';
import type { World } from '../../../src/sync/world.ts';
import { inKernel, type KernelRun, type StageOptions } from '../stage.ts';

export { quietly } from '../stage.ts';

export const PAGE = 4096;

export interface GpuOptions {
  readonly name?: string;
  readonly driver?: Partial<DrmDriver>;
  readonly funcs?: Partial<DrmGemObjectFuncs>;
  readonly fixes?: Partial<DrmGemFixes>;
  /** False for a driver that cannot import foreign buffers. */
  readonly imports?: boolean;
  /** False for one whose buffers cannot be mapped for another device. */
  readonly maps?: boolean;
}

/** A driver with objects of ordinary memory, whose tables go with its module. */
export class Gpu {
  readonly module: KernelModule;
  readonly dev: DrmDevice;
  readonly funcs: DrmGemObjectFuncs;

  constructor(options: GpuOptions = {}) {
    const { name = 'gpu', driver = {}, funcs = {}, fixes = {}, imports = true, maps = true } = options;
    const gemPrimeImportSgTable: DrmDriver['gemPrimeImportSgTable'] = (dev, attachment, sgt) =>
      gemShmemPrimeImportSgTable(dev, attachment, sgt, this.funcs);
    this.module = new KernelModule(name);
    const table: DrmDriver = {
      name,
      features: ['DRIVER_GEM', 'DRIVER_RENDER'],
      ...(imports && { gemPrimeImportSgTable }),
      ...driver,
    };
    this.dev = new DrmDevice(this.module.own('drm_driver', table), { module: this.module, fixes });
    const { getSgTable, ...others } = GEM_SHMEM_FUNCS;
    this.funcs = this.module.own('gem_funcs', { ...others, ...(maps && getSgTable && { getSgTable }), ...funcs });
  }

  open(): DrmFile {
    const file = DrmFile.open(this.dev);
    assert.ok(typeof file !== 'number', 'open() answers an errno');
    return file;
  }

  create(pages = 1): DrmGemShmemObject {
    return new DrmGemShmemObject(this.dev, pages * PAGE, this.funcs);
  }

  /** An object that only a handle keeps, as after a driver's create ioctl. */
  async handle(file: DrmFile): Promise<{ readonly object: DrmGemShmemObject; readonly handle: number }> {
    const object = this.create();
    const handle = await gemHandleCreate(file, object);
    assert.ok(handle > 0, `gemHandleCreate() answers ${handle}`);
    await object.put();
    return { object, handle };
  }
}

/** Runs `body`, which breaks a rule. @returns what observers heard of that kind */
export async function warnings(
  body: (world: World) => Promise<void> | void,
  options: StageOptions & { readonly kind?: string } = {},
): Promise<readonly string[]> {
  const { kind = 'warn', ...stage } = options;
  const run: KernelRun = await inKernel(body, stage);
  return run.messages(kind);
}

/** What a file knows by this handle, without keeping a reference. */
export async function peek(file: DrmFile, handle: number): Promise<DrmGemObject | null> {
  const object = await file.lookup(handle);
  await object?.put();
  return object;
}

/** `close(2)`, and what follows from it later. */
export async function closeFd(fd: number): Promise<void> {
  assert.equal(await current().files.close(fd), 0);
  await flushDelayedFput();
}
