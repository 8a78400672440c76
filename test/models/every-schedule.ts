import { openRaceWindows } from '../../src/models/race-window.ts';
import type { Task } from '../../src/sync/task.ts';
import { World } from '../../src/sync/world.ts';

export interface ScheduleBounds {
  /** How often a thread that could go on is made to wait for another one. */
  readonly preemptions: number;
  readonly schedules: number;
}

export interface Schedules {
  readonly count: number;
  /** False when there are more schedules than the bound. */
  readonly complete: boolean;
}

interface Choice {
  readonly taken: number;
  readonly of: number;
}

/** One run: repeats the choices of `prefix`, then goes on with the thread that ran, and notes what else was possible. */
class Guide {
  readonly choices: Choice[] = [];
  readonly #prefix: readonly number[];
  #left: number;
  #last: Task | null = null;

  constructor(prefix: readonly number[], preemptions: number) {
    this.#prefix = prefix;
    this.#left = preemptions;
  }

  choose(runnable: readonly Task[]): number {
    const own = this.#last === null ? -1 : runnable.indexOf(this.#last);
    const others = runnable.map((_, i) => i).filter((i) => i !== own);
    const order = own < 0 ? others : this.#left === 0 ? [own] : [own, ...others];
    const taken = this.#prefix[this.choices.length] ?? 0;
    this.choices.push({ taken, of: order.length });
    if (own >= 0 && taken > 0) this.#left--;
    const index = order[taken] ?? 0;
    this.#last = runnable[index] ?? null;
    return index;
  }
}

/**
 * Runs a program under every order in which its threads can go on at their race windows and stops, with so many
 * preemptions at most: depth first, each run repeats the last one up to its last choice that has an alternative left.
 */
export async function everySchedule(
  program: (world: World) => void,
  check: (error: unknown) => void,
  bounds: ScheduleBounds,
): Promise<Schedules> {
  let prefix: number[] = [];
  for (let count = 1; ; count++) {
    const guide = new Guide(prefix, bounds.preemptions);
    const world = new World({ choose: (runnable) => guide.choose(runnable) });
    openRaceWindows(world);
    program(world);
    check(await outcome(world));
    const { choices } = guide;
    const last = choices.findLastIndex(({ taken, of }) => taken + 1 < of);
    if (last < 0) return { count, complete: true };
    if (count === bounds.schedules) return { count, complete: false };
    prefix = [...choices.slice(0, last).map(({ taken }) => taken), (choices[last]?.taken ?? 0) + 1];
  }
}

async function outcome(world: World): Promise<unknown> {
  try {
    await world.run();
    return null;
  } catch (error) {
    return error;
  }
}
