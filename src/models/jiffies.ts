import { runtime } from '../sync/runtime.ts';
import { World } from '../sync/world.ts';

/** A timeout that never ends (`MAX_SCHEDULE_TIMEOUT`, which is LONG_MAX there). */
export const MAX_SCHEDULE_TIMEOUT: number = Number.POSITIVE_INFINITY;

/** `HZ`: jiffies of a second in the world in force. Timeouts of kernel functions are in jiffies, those of the world in ms. */
export function hz(): number {
  const world = runtime();
  return world instanceof World ? world.hz : 1000;
}

/** `jiffies`: the clock of the world in force, in jiffies since it began. */
export function jiffies(): number {
  return Math.floor((runtime().now() * hz()) / 1000);
}

/** `jiffies_to_msecs`; the endless timeout stays endless. */
export function jiffiesToMs(count: number): number {
  return (count * 1000) / hz();
}

/** `msecs_to_jiffies`: rounded up. */
export function msToJiffies(ms: number): number {
  return Math.ceil((ms * hz()) / 1000);
}
