import { type Runtime, runtime } from '../sync/runtime.ts';

/** The race windows of one world, for the search that opened them. */
export class RaceWindows {
  /** The thread that stopped last spins on memory: until another one ran it finds nothing new. */
  isSpinning = false;
}

const searched = new WeakMap<Runtime, RaceWindows>();

/** Opens every race window of this world: a search of schedules wants all interleavings of memory accesses. */
export function openRaceWindows(world: Runtime): RaceWindows {
  const windows = new RaceWindows();
  searched.set(world, windows);
  return windows;
}

/** Lets any runnable thread come next, the caller included. */
async function stop(what: string): Promise<void> {
  const parked = runtime().park<void>({ what, spins: true });
  parked.wake();
  await parked.promise;
}

/**
 * A place between two memory accesses where another processor may come in, spinlocks held or not. Closed, and without
 * effect on the schedule, unless the world was opened for a search.
 */
export async function raceWindow(what: string): Promise<void> {
  const windows = searched.get(runtime());
  if (windows === undefined) return;
  windows.isSpinning = false;
  await stop(what);
}

/** Virtual ms of a `cpuRelax` outside a search. */
const RELAX_MS = 0.001;

/** `cpu_relax()` of a loop that spins on memory: the others come first. */
export async function cpuRelax(): Promise<void> {
  const world = runtime();
  const windows = searched.get(world);
  if (windows !== undefined) {
    windows.isSpinning = true;
    await stop('cpu_relax()');
    return;
  }
  const parked = world.park<void>({ what: 'cpu_relax()', spins: true });
  world.timer(() => parked.wake(), RELAX_MS);
  await parked.promise;
}
