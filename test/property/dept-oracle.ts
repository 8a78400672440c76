/**
 * DEPT's rules once more, as plainly as they can be said: lists that are searched from end to end, an edge set of name
 * pairs, a breadth-first search over it for each new pair. It shares no code with the tracker. Under `linux` it is
 * kernel/dependency/dept.c (v16 to v19), under `dept` our rules without the filters.
 */
export type Rules = 'linux' | 'dept';

export interface PlainObject {
  readonly id: number;
  readonly className: string;
  readonly kind: 'mutex' | 'rwlock' | 'rwsem' | 'completion';
  readonly subclass: number;
}

export interface Way {
  readonly mode: 'write' | 'read';
  /** A reader that passes queued writers. */
  readonly recursive: boolean;
  readonly nest: number;
  readonly group: object | null;
  readonly timed: boolean;
}

interface PlainWait {
  readonly context: number;
  readonly object: PlainObject;
  readonly way: Way;
  readonly activity: number;
  readonly begin: number;
  fired: number;
}

interface PlainHold {
  readonly context: number;
  readonly object: PlainObject;
  readonly way: Way;
}

/** One circle that a new pair closes: how many pairs the shortest has, and whether one without timeouts exists. */
export interface Verdict {
  readonly shortest: number;
  readonly isHard: boolean;
  readonly sameClass: boolean;
}

interface Pair {
  readonly from: string;
  readonly to: string;
  timed: boolean;
}

type ContextKind = 'task' | 'softirq' | 'hardirq';

export class DeptOracle {
  readonly rules: Rules;
  readonly pairs: Pair[] = [];
  /** Pairs of instances of one class, only under `dept`. */
  readonly instancePairs: Pair[] = [];
  /** Pairs of instances seen under one acquire context: part of a circle when another pair of it was seen without. */
  readonly groupedPairs: Set<string> = new Set();
  verdicts: Verdict[] = [];
  readonly #kinds: readonly ContextKind[];
  readonly #activities: number[];
  readonly #irqs: { hardirqs: boolean; softirqs: boolean; lastHard: number; lastSoft: number }[];
  #clock = 0;
  #waits: PlainWait[] = [];
  #holds: PlainHold[] = [];
  readonly #requests = new Map<number, number>();

  constructor(rules: Rules, kinds: readonly ContextKind[]) {
    this.rules = rules;
    this.#kinds = kinds;
    this.#activities = kinds.map(() => 0);
    this.#irqs = kinds.map((kind) => ({
      hardirqs: kind !== 'hardirq',
      softirqs: kind === 'task',
      lastHard: 0,
      lastSoft: 0,
    }));
  }

  newActivity(context: number): void {
    this.#activities[context]!++;
  }

  request(object: PlainObject): void {
    this.#requests.set(object.id, ++this.#clock);
  }

  /** A wait before it blocks; `sleeps` asks for its event itself. */
  wait(context: number, object: PlainObject, way: Way, sleeps: boolean): PlainWait | null {
    if (this.rules === 'linux' && (way.timed || way.group !== null)) return null;
    if (sleeps) this.request(object);
    for (const bit of this.#awaited(object, way)) {
      const awaited = nameOf(object, bit);
      const kind = this.#kinds[context]!;
      if (kind !== 'task') this.#add(`<${kind} interrupt>:0`, awaited, way.timed);
      for (const hold of this.#holds.filter((one) => one.context === context).reverse()) {
        if (!this.#isExcused(hold, object, way, bit)) this.#learn(hold.object, hold.way, object, bit, way.timed);
      }
    }
    const wait = { context, object, way, activity: this.#activities[context]!, begin: ++this.#clock, fired: Infinity };
    this.#waits.push(wait);
    return wait;
  }

  waited(wait: PlainWait | null): void {
    if (wait !== null) wait.fired = ++this.#clock;
  }

  enter(context: number, object: PlainObject, way: Way): PlainHold | null {
    if (this.rules === 'linux' && way.group !== null) return null;
    const hold = { context, object, way };
    this.#holds.push(hold);
    this.#interruptible(context, nameOf(object, this.#owed(object, way)), Number.POSITIVE_INFINITY);
    return hold;
  }

  exit(hold: PlainHold | null): void {
    this.#holds = this.#holds.filter((one) => one !== hold);
  }

  event(context: number, object: PlainObject, way: Way): void {
    const since = this.#requests.get(object.id);
    if (since === undefined) return;
    this.#requests.delete(object.id);
    if (this.#holds.some((hold) => hold.context === context && hold.object === object)) return;
    const mine = this.#waits.filter((wait) => wait.context === context && wait.activity === this.#activities[context]);
    for (const wait of mine) {
      const began = wait.begin > since;
      const overlaps = this.rules === 'dept' && wait.fired > since && wait.object !== object;
      if (!began && !overlaps) continue;
      for (const bit of this.#awaited(wait.object, wait.way)) {
        this.#learn(object, way, wait.object, bit, wait.way.timed);
      }
    }
    this.#interruptible(context, nameOf(object, 0), since);
  }

  setIrq(context: number, irq: 'hardirq' | 'softirq', on: boolean): void {
    const state = this.#irqs[context]!;
    const now = ++this.#clock;
    if (irq === 'hardirq') state.hardirqs = on;
    else state.softirqs = on;
    if (!on) return;
    if (state.hardirqs) state.lastHard = now;
    if (state.hardirqs && state.softirqs) state.lastSoft = now;
    for (const hold of this.#holds.filter((one) => one.context === context)) {
      this.#interruptible(context, nameOf(hold.object, this.#owed(hold.object, hold.way)), Number.POSITIVE_INFINITY);
    }
  }

  /** What is owed while an interrupt may come; or could have come since `since`. */
  #interruptible(context: number, owed: string, since: number): void {
    const { hardirqs, softirqs, lastHard, lastSoft } = this.#irqs[context]!;
    if ((hardirqs && softirqs) || lastSoft >= since) this.#add(owed, '<softirq interrupt>:0', false);
    if (hardirqs || lastHard >= since) this.#add(owed, '<hardirq interrupt>:0', false);
  }

  #hasReaders({ kind }: PlainObject): boolean {
    return kind === 'rwlock' || (kind === 'rwsem' && this.rules === 'dept');
  }

  /** Event bits a wait may wait for: a writer for all, a reader for writers, a queued one for readers too. */
  #awaited(object: PlainObject, way: Way): number[] {
    if (!this.#hasReaders(object)) return [0];
    return way.mode === 'read' && way.recursive ? [0] : [0, 1];
  }

  #owed(object: PlainObject, way: Way): number {
    return this.#hasReaders(object) && way.mode === 'read' ? 1 : 0;
  }

  #isExcused(hold: PlainHold, object: PlainObject, way: Way, bit: number): boolean {
    if (this.rules === 'dept' && hold.way.group !== null && hold.way.group === way.group) {
      if (isOfOneFamily(hold.object, object)) this.#backsOff(hold, object, bit);
      return true;
    }
    const isSameClass =
      isOfOneFamily(hold.object, object) && (this.rules === 'dept' || this.#owed(hold.object, hold.way) === bit);
    return isSameClass && hold.way.nest !== way.nest;
  }

  #backsOff(hold: PlainHold, to: PlainObject, toBit: number): void {
    this.groupedPairs.add(`${hold.object.id}/${this.#owed(hold.object, hold.way)} ${to.id}/${toBit}`);
  }

  #learn(from: PlainObject, fromWay: Way, to: PlainObject, toBit: number, timed: boolean): void {
    const fromBit = this.#owed(from, fromWay);
    if (this.rules === 'dept' && isOfOneFamily(from, to)) {
      this.#addPair(this.instancePairs, `${from.id}/${fromBit}`, `${to.id}/${toBit}`, timed);
    } else {
      this.#add(nameOf(from, fromBit), nameOf(to, toBit), timed);
    }
  }

  #add(from: string, to: string, timed: boolean): void {
    this.#addPair(this.pairs, from, to, timed);
  }

  #addPair(pairs: Pair[], from: string, to: string, timed: boolean): void {
    const known = pairs.find((pair) => pair.from === from && pair.to === to);
    const sameClass = pairs === this.instancePairs;
    if (known !== undefined) {
      if (!known.timed || timed) return;
      known.timed = false;
      const hard = distance(pairs, to, from, true);
      if (hard !== null) this.verdicts.push({ shortest: hard + 1, isHard: true, sameClass });
      return;
    }
    pairs.push({ from, to, timed });
    const steps = distance(pairs, to, from, false);
    if (steps === null) return;
    const isHard = !timed && distance(pairs, to, from, true) !== null;
    this.verdicts.push({ shortest: steps + 1, isHard, sameClass });
  }
}

function isOfOneFamily(a: PlainObject, b: PlainObject): boolean {
  return a.className === b.className && a.subclass === b.subclass;
}

export function nameOf({ className, subclass }: PlainObject, bit: number): string {
  return `${className}:${subclass + 8 * bit}`;
}

/** Pairs on the shortest way, or null when there is none. */
function distance(pairs: readonly Pair[], source: string, target: string, untimedOnly: boolean): number | null {
  let layer = new Set([source]);
  const met = new Set(layer);
  for (let steps = 0; layer.size > 0; steps++) {
    if (layer.has(target)) return steps;
    const next = new Set<string>();
    for (const { from, to, timed } of pairs) {
      if (layer.has(from) && !met.has(to) && !(untimedOnly && timed)) next.add(to);
    }
    for (const node of next) met.add(node);
    layer = next;
  }
  return null;
}
