import type { EventContext } from './event-context.ts';
import { NEVER, PENDING, type Tick } from './ids.ts';
import type { Wait } from './wait.ts';

/**
 * One step of a causal history: an immutable node that remembers a wait that ended or an event context that began, and
 * what came before it. Joins have two predecessors. Histories are shared, never copied.
 */
export interface History {
  readonly at: Tick;
  readonly wait: Wait | null;
  readonly held: EventContext | null;
  readonly left: History | null;
  readonly right: History | null;
  /** Nodes reachable, shared ones counted as often as they are reached: an upper bound that triggers compaction. */
  readonly size: number;
}

/** A point from which histories must be kept: an event context that is open, a request that is not answered. */
export interface Mark {
  readonly at: Tick;
  /** Null for a request. */
  readonly held: EventContext | null;
  previous: Mark | null;
  next: Mark | null;
}

/** Cuts down what was behind a step that began at this time. */
export type Cut = (past: History | null, at: Tick) => History | null;

/** Predecessors looked at before a join is recorded as a join. */
const SUBSUMPTION_DEPTH = 8;

/**
 * Happens-before histories of asynchronous slices. Nothing older than the oldest mark (an open event context, an
 * outstanding request) can matter for a later event, so older nodes are cut off; long histories are compacted to the
 * last wait of each class and the open event contexts. Every operation is linear in the nodes younger than the oldest
 * mark at worst, and constant in the usual straight line.
 */
export class Histories {
  #first: Mark | null = null;
  #last: Mark | null = null;
  readonly #maxNodes: number;
  /** Steps whose past is cut down. */
  readonly #cut = new WeakSet<EventContext | Wait>();
  /** Of what is held around others, the last step made for it. */
  readonly #steps = new WeakMap<EventContext, History>();
  #limit: number;
  #oldest: Tick = PENDING;

  constructor(maxNodes: number) {
    this.#maxNodes = maxNodes;
    this.#limit = maxNodes;
  }

  /** True while something is owed or asked for, so that histories matter. */
  get active(): boolean {
    return this.#first !== null;
  }

  /** True when nothing else is owed or asked for. */
  isOnly(mark: Mark): boolean {
    return this.#first === mark && this.#last === mark;
  }

  /**
   * True when everything that is owed since before this one passes the test; false where something is asked for since then, and
   * where more is owed than `most`, which it costs.
   */
  everyOlder(mark: Mark, most: number, test: (held: EventContext) => boolean): boolean {
    let left = most;
    for (let each = mark.previous; each !== null; each = each.previous) {
      if (each.held === null || left-- === 0 || !test(each.held)) return false;
    }
    return true;
  }

  /** Visits what is owed since before that time, the oldest first, and looks at so many marks at most. */
  eachOwedBefore(at: Tick, most: number, visit: (held: EventContext) => void): void {
    let left = most;
    for (let each = this.#first; each !== null && each.at <= at && left > 0; each = each.next, left--) {
      if (each.held !== null) visit(each.held);
    }
  }

  /**
   * From the mark on waits matter until `unmark`. O(1) for a point in time that is the latest, as all are but one that is
   * handed over: such a mark is put back in its place, so the list stays sorted.
   */
  mark(mark: Mark): void {
    let previous = this.#last;
    if (previous === null) {
      this.#first = mark;
      this.#last = mark;
      this.#oldest = mark.at;
      return;
    }
    while (previous !== null && previous.at > mark.at) previous = previous.previous;
    const next = previous === null ? this.#first : previous.next;
    mark.previous = previous;
    mark.next = next;
    if (previous === null) this.#first = mark;
    else previous.next = mark;
    if (next === null) this.#last = mark;
    else next.previous = mark;
    this.#oldest = this.#first?.at ?? PENDING;
  }

  /** Each mark once; null is none. O(1). */
  unmark(mark: Mark | null): void {
    if (mark === null) return;
    if (this.isOnly(mark)) {
      this.#first = null;
      this.#last = null;
      this.#oldest = PENDING;
      return;
    }
    if (mark.previous === null) this.#first = mark.next;
    else mark.previous.next = mark.next;
    if (mark.next === null) this.#last = mark.previous;
    else mark.next.previous = mark.previous;
    this.#oldest = this.#first?.at ?? PENDING;
    mark.previous = null;
    mark.next = null;
  }

  /** The history, or null when all of it is older than every mark. */
  fresh(history: History | null | undefined): History | null {
    return history !== null && history !== undefined && history.at >= this.#oldest ? history : null;
  }

  /** A new first step: what whoever goes on after this wait brings along. One that was granted brings its event context. */
  step(at: Tick, wait: Wait): History {
    return { at, wait, held: null, left: null, right: null, size: 1 };
  }

  /** The history of code that has `mine` behind it and now goes on because `theirs` happened. */
  join(mine: History | null, theirs: History | null): History | null {
    if (theirs === null || mine === theirs) return mine;
    if (mine === null) return theirs;
    if (theirs.left === null && theirs.right === null && theirs.at >= mine.at) {
      const { at, wait, held } = theirs;
      return this.#bounded({ at, wait, held, left: mine, right: null, size: mine.size + 1 });
    }
    if (descends(theirs, mine)) return theirs;
    if (descends(mine, theirs)) return mine;
    const at = Math.max(mine.at, theirs.at) as Tick;
    return this.#bounded({ at, wait: null, held: null, left: mine, right: theirs, size: mine.size + theirs.size });
  }

  /** Visits every step not older than `since`, each once. */
  each(history: History | null, since: Tick, visit: (step: History) => void): void {
    let step = history;
    while (step !== null && step.right === null) {
      if (step.at < since) return;
      if (step.held !== null || step.wait !== null) visit(step);
      step = step.left;
    }
    if (step === null || step.at < since) return;
    const seen = new Set<History>();
    const open: History[] = [step];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (next.at < since || seen.has(next)) continue;
      seen.add(next);
      if (next.held !== null || next.wait !== null) visit(next);
      if (next.left !== null) open.push(next.left);
      if (next.right !== null) open.push(next.right);
    }
  }

  /** True when this history goes on from that one. Linear in what is younger than `ancestor`. */
  goesOnFrom(history: History, ancestor: History): boolean {
    const seen = new Set<History>();
    const open: History[] = [history];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (next === ancestor) return true;
      if (next.at < ancestor.at || seen.has(next)) continue;
      seen.add(next);
      if (next.left !== null) open.push(next.left);
      if (next.right !== null) open.push(next.right);
    }
    return false;
  }

  /**
   * What a step that is kept had behind it, as far as it will be asked for: what was held around it. Each would keep alive
   * the one of its kind before it, and so on back to the oldest mark.
   */
  readonly #heldAround: Cut = (past, at) => {
    const around: EventContext[] = [];
    this.each(past, NEVER, ({ held }) => {
      if (held !== null && held.begin < at && held.endsAfter(at)) around.push(held);
    });
    for (const held of around) this.#cutPast(held);
    return around
      .sort((a, b) => a.begin - b.begin)
      .reduce<History | null>((line, held) => this.#heldIn(line, held), null);
  };

  /** The step that a hold was taken with after these. Holds that are never given back are around each other: they share one line. */
  #heldIn(line: History | null, held: EventContext): History {
    const known = this.#steps.get(held);
    if (known !== undefined && known.left === line) return known;
    const step = { at: held.begin, held, wait: null, left: line, right: null, size: (line?.size ?? 0) + 1 };
    this.#steps.set(held, step);
    return step;
  }

  /** Once is enough: what is behind something does not grow. */
  #cutPast(record: EventContext | Wait): void {
    if (this.#cut.has(record)) return;
    this.#cut.add(record);
    record.cutPast(this.#heldAround);
  }

  #bounded(history: History): History | null {
    return history.size > this.#limit ? this.#compact(history) : history;
  }

  /**
   * Keeps every open event context once and the last wait of each object and mode. Without the first rule a long-held
   * token copied by joins grows without bound.
   */
  #compact(history: History): History | null {
    const last = new Map<unknown, History>();
    this.each(history, this.#oldest, (step) => {
      const key = step.held?.open === true ? step.held : waitKey(step.wait);
      if (key === null) return;
      const known = last.get(key);
      if (known === undefined || known.at < step.at) last.set(key, step);
    });
    const kept = [...new Set(last.values())].sort((a, b) => a.at - b.at);
    for (const { held, wait } of kept) {
      const record = held ?? wait;
      if (record !== null) this.#cutPast(record);
    }
    this.#limit = Math.max(this.#maxNodes, kept.length * 3);
    return lineOf(kept);
  }
}

/** The same steps one after the other, the oldest first. */
function lineOf(steps: readonly Pick<History, 'at' | 'wait' | 'held'>[]): History | null {
  return steps.reduce<History | null>(
    (line, { at, wait, held }) => ({ at, wait, held, left: line, right: null, size: (line?.size ?? 0) + 1 }),
    null,
  );
}

function waitKey(wait: Wait | null): string | null {
  return wait === null ? null : `${wait.object.id}:${wait.how.mode}`;
}

function descends(from: History, ancestor: History): boolean {
  let step = from.left;
  for (let i = 0; step !== null && i < SUBSUMPTION_DEPTH; i++) {
    if (step === ancestor) return true;
    step = step.left;
  }
  return false;
}
