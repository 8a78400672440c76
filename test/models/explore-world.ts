// Searches the schedules of a simulated world. A state is the schedule that led to it, so each is reached by running the
// world again with those choices; what is found out that way is a tree, which the engine of src/scenario then searches.
import { openRaceWindows, type RaceWindows } from '../../src/models/race-window.ts';
import { type Exploration, explore } from '../../src/scenario/explore.ts';
import type { Task } from '../../src/sync/task.ts';
import { World, type WorldOptions } from '../../src/sync/world.ts';

/** Makes the threads of one run. @returns what is wrong at its end, null when nothing is */
export type BuildRun = (world: World) => () => string | null;

export interface ExploreWorldOptions extends Omit<WorldOptions, 'seed' | 'choose'> {
  /**
   * How often a thread that could go on may be interrupted by another one; 2 if not given. Most races need one or two
   * (Musuvathi and Qadeer, PLDI 2007), and the number of schedules grows with its power.
   */
  readonly preemptions?: number;
  /** Schedules run before the search gives up, and says so. */
  readonly maxSchedules?: number;
}

export interface WorldExploration extends Exploration<string> {
  /** Schedules that were run to their end. */
  readonly schedules: number;
}

/** Turns after which a run is taken for one that never ends. */
const MAX_TURNS = 10_000;

interface Point {
  /** Names of the threads that could go on. */
  readonly runnable: readonly string[];
  readonly chosen: number;
  /** The thread that ran before and could go on; -1 without one. */
  readonly stays: number;
  /** The thread that ran before and spins on memory; -1 without one. */
  readonly gaveWay: number;
}

interface Place {
  readonly next: Map<string, Place>;
  /** How a run ended here; null where it went on. */
  end: { readonly isHang: boolean; readonly fault: string | null } | null;
}

export async function exploreWorld(build: BuildRun, options: ExploreWorldOptions = {}): Promise<WorldExploration> {
  const { preemptions = 2, maxSchedules = 50_000, ...world } = options;
  const root: Place = { next: new Map(), end: null };
  const open: (readonly number[])[] = [[]];
  let schedules = 0;
  for (let prefix = open.pop(); prefix !== undefined && schedules < maxSchedules; prefix = open.pop()) {
    const points = await runOnce(build, world, prefix, root);
    schedules++;
    for (let at = points.length - 1; at >= prefix.length; at--) open.push(...alternatives(points, at, preemptions));
  }
  const found = explore(treeOf(root), { maxStates: Number.POSITIVE_INFINITY });
  return { ...found, complete: found.complete && open.length === 0, schedules };
}

/** The schedules that differ from this one first at `at`, within the allowance. */
function alternatives(points: readonly Point[], at: number, preemptions: number): number[][] {
  const before = points.slice(0, at);
  const spent = before.filter(({ stays, chosen }) => stays >= 0 && stays !== chosen).length;
  const { runnable, chosen, stays, gaveWay } = points[at] as Point;
  if (stays >= 0 && spent >= preemptions) return [];
  const choices = before.map((point) => point.chosen);
  return [...runnable.keys()]
    .filter((index) => index !== chosen && index !== gaveWay)
    .map((index) => [...choices, index]);
}

/** One run: the choices of `prefix`, then whoever runs goes on as long as it can. Adds its path to the tree. */
async function runOnce(
  build: BuildRun,
  options: WorldOptions,
  prefix: readonly number[],
  root: Place,
): Promise<readonly Point[]> {
  const points: Point[] = [];
  const world = new World({ ...options, choose: chooser(prefix, points, () => windows) });
  const windows = openRaceWindows(world);
  const check = build(world);
  const end = await endOf(world, check);
  let place = root;
  for (const { runnable, chosen } of points) {
    const name = runnable[chosen] as string;
    const next: Place = place.next.get(name) ?? { next: new Map(), end: null };
    place.next.set(name, next);
    place = next;
  }
  place.end = end;
  return points;
}

/** Each thread by its name; threads of one name are counted. */
function namesOf(runnable: readonly Task[]): string[] {
  const seen = new Map<string, number>();
  return runnable.map(({ name }) => {
    const before = seen.get(name) ?? 0;
    seen.set(name, before + 1);
    return before === 0 ? name : `${name}#${before + 1}`;
  });
}

function chooser(
  prefix: readonly number[],
  points: Point[],
  windows: () => RaceWindows,
): (runnable: readonly Task[]) => number {
  let last: Task | null = null;
  return (runnable) => {
    const at = last === null ? -1 : runnable.indexOf(last);
    // A thread that spins gives way by itself, and has nothing to do before another one ran.
    const gaveWay = at >= 0 && windows().isSpinning && runnable.length > 1 ? at : -1;
    const stays = gaveWay < 0 ? at : -1;
    const chosen = prefix[points.length] ?? (stays >= 0 ? stays : gaveWay === 0 ? 1 : 0);
    points.push({ runnable: namesOf(runnable), chosen, stays, gaveWay });
    if (points.length > MAX_TURNS) throw new Error(`a schedule goes on after ${MAX_TURNS} turns`);
    last = runnable[chosen] ?? null;
    windows().isSpinning = false;
    return chosen;
  };
}

async function endOf(world: World, check: () => string | null): Promise<NonNullable<Place['end']>> {
  try {
    const { stuck } = await world.run();
    return { isHang: stuck.length > 0, fault: check() };
  } catch (error) {
    return { isHang: false, fault: error instanceof Error ? error.message : String(error) };
  }
}

function treeOf(root: Place): Parameters<typeof explore<{ readonly place: Place; readonly path: string }, string>>[0] {
  return {
    initial: () => ({ place: root, path: '' }),
    moves: ({ place }) => [...place.next.keys()],
    apply: ({ place, path }, move) => ({ place: place.next.get(move) as Place, path: `${path} ${move}` }),
    key: ({ path }) => path,
    // A place without moves that no run ended at would be a schedule that was never run.
    done: ({ place }) => place.end?.isHang === false,
    fault: ({ place }) => place.end?.fault ?? null,
  };
}
