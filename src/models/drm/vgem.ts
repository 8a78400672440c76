import { KernelModule } from '../module.ts';
import { DrmDevice, type DrmDeviceOptions, type DrmDriver } from './drm-device.ts';
import { gemShmemPrimeImportSgTable } from './gem-shmem.ts';

/** `vgem_driver` (drivers/gpu/drm/vgem/vgem_drv.c): GEM without a GPU, for tests of what is shared. */
const VGEM_DRIVER: DrmDriver = Object.freeze({
  name: 'vgem',
  features: Object.freeze(['DRIVER_GEM', 'DRIVER_RENDER'] as const),
  gemPrimeImportSgTable: (dev, attachment, table) => gemShmemPrimeImportSgTable(dev, attachment, table),
} satisfies DrmDriver);

/** `vgem_init`: a device whose driver goes with its module. */
export function vgemDevice(options: Omit<DrmDeviceOptions, 'module'> = {}): DrmDevice {
  const module = new KernelModule('vgem');
  return new DrmDevice(module.own('vgem_driver', VGEM_DRIVER), { ...options, module });
}
