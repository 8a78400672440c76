import type { EventContext } from '../core/event-context.ts';
import type { Histories, History } from '../core/history.ts';
import { NEVER, type Tick } from '../core/ids.ts';
import type { Frame } from '../core/stack.ts';
import type { TrackedObject } from '../core/tracked-object.ts';
import type { Wait } from '../core/wait.ts';
import type { Observation } from './observation.ts';
import { permitsOf } from './pool-shares.ts';

/** Of fewer permits, who has one and asks for the other may as well have forgotten that he has one. */
const FEWEST = 3;

/** One who has had all permits of a pool at once. */
interface Drain {
  readonly waits: ReadonlySet<Wait>;
  /** When he has given back one of them, the last time that was seen. */
  end: Tick;
}

/**
 * Who takes one permit after the other until he has them all waits for everybody else to be done: a latch, or the end of a
 * writer's patience. He is in nobody's way but that of another one who does so at the same time; then each may have a part.
 */
export class DrainedPools {
  /** The last of each pool. */
  readonly #last = new WeakMap<TrackedObject, Drain>();
  readonly #shared = new WeakSet<TrackedObject>();
  readonly #histories: Histories;

  constructor(histories: Histories) {
    this.#histories = histories;
  }

  /** True where the holder asks again for what he has because he takes all of it, and nobody has tried to at the same time. */
  isAlone({ held, wait, context }: Observation, now: Tick): boolean {
    const own = held?.wait ?? null;
    if (held === null || own === null || held.object.key.capacity < FEWEST || context.exact) return false;
    const { object } = held;
    if (this.#shared.has(object)) return false;
    const last = this.#last.get(object) ?? null;
    if (last?.waits.has(own) === true && last.waits.has(wait)) {
      last.end = now;
      return true;
    }
    const all = this.#heldTogether(object, context.history);
    if (all.reduce((sum, each) => sum + permitsOf(each), 0) < object.key.capacity) return false;
    if (all.some(({ how }) => how.structured === true) || !areOfOnePlace(all, last !== null)) return false;
    const waits = new Set(all.map((each) => each.wait).filter((each) => each !== null));
    if (!waits.has(wait)) return false;
    if (last !== null && [...waits].some(({ begin }) => begin < last.end)) {
      this.#shared.add(object);
      return false;
    }
    this.#last.set(object, { waits, end: now });
    return true;
  }

  /** What this code had of it when it had most; the newest one may be given back already. */
  #heldTogether(object: TrackedObject, history: History | null): readonly EventContext[] {
    const all: EventContext[] = [];
    this.#histories.each(history, NEVER, ({ held }) => {
      if (held?.object === object) all.push(held);
    });
    all.sort((one, other) => one.begin - other.begin);
    const newest = all.at(-1)?.begin ?? NEVER;
    return all.filter((held) => held.endsAfter(newest));
  }
}

/**
 * A loop asks in one place, whereas a recursion that goes to the bottom of the pool stands one call deeper each time. The first call of
 * a loop has the stack of its caller. @param isUsual true where stacks may be spent: what was a loop before is one
 */
function areOfOnePlace([, ...others]: readonly EventContext[], isUsual: boolean): boolean {
  const stacks = others.map(({ stack }) => stack).filter((stack) => stack !== null);
  const [first] = stacks;
  if (first === undefined || stacks.length < 2) return isUsual;
  return stacks.every((stack) => isSamePlace(first.frames, stack.frames));
}

function isSamePlace(one: readonly Frame[], other: readonly Frame[]): boolean {
  const isSame = ({ file, line, column }: Frame, i: number): boolean =>
    file === other[i]?.file && line === other[i]?.line && column === other[i]?.column;
  return one.length === other.length && one.every(isSame);
}
