import { type Runtime, runtime } from '../sync/runtime.ts';

const searched = new WeakSet<Runtime>();

/** Opens every race window of this world: a search of schedules wants all interleavings of memory accesses. */
export function openRaceWindows(world: Runtime): void {
  searched.add(world);
}

/**
 * A place between two memory accesses where another processor may come in, spinlocks held or not. Closed, and without
 * effect on the schedule, unless the world was opened for a search.
 */
export async function raceWindow(what: string): Promise<void> {
  const world = runtime();
  if (!searched.has(world)) return;
  const parked = world.park<void>({ what, spins: true });
  parked.wake();
  await parked.promise;
}
