import type { SuspendedFunction } from '../../src/core/finding.ts';
import type { Stack } from '../../src/core/stack.ts';
import { definitionOf, isModule, stackAt } from '../heap/definitions.ts';
import { type HeapGraph, type HeapNode, takeHeapGraph } from '../heap/heap-graph.ts';
import { InspectorPlaces, type SuspendedPlace } from '../heap/inspector-places.ts';
import { hasTimerSet } from '../heap/live-timers.ts';
import { MarkedHolds } from '../heap/marked-holds.ts';
import { awaitersOf, type Suspended, SuspendedGraph } from '../heap/suspended-graph.ts';
import { Unsettleable } from '../heap/unsettleable.ts';
import { unbegunAnswers } from '../node/unanswered-requests.ts';
import { isOwnFile, toPath } from '../paths.ts';
import { NODE_MAJOR } from '../process/node-major.ts';
import { processorMs } from '../process/processor-time.ts';
import { awaitCycles } from './await-cycles.ts';
import { leftWaiters } from './left-waiters.ts';
import { findReleasers, type Keeper, keeperOf } from './lock-queues.ts';
import { lockWaiters } from './lock-waiters.ts';
import { type Line, OwnLines } from './own-lines.ts';
import { unfinished } from './unfinished.ts';
import { unseenWaiters } from './unseen-waiters.ts';

/** Functions that are named; those of circles come first. */
const MAX_FUNCTIONS = 40;

/** Of more functions nobody asks at the end which of them are missed: each is compared with the others. */
const MAX_AT_END = 2_000;

/** Functions whose line is looked up unasked: each costs a walk over the heap. The others stand where they begin. */
const MAX_PLACES = 6;

/** Of the heaps of programs with many packages so much is read in a millisecond: 14 to 15 kB on Node 20, 18 to 28 kB on 22 to 26. */
const BYTES_PER_MS = NODE_MAJOR >= 22 ? 18_000 : 13_000;

export interface PictureOptions {
  /** Nothing is left to run: whoever is suspended stays so. */
  readonly isOver: boolean;
  /** It has done nothing for long, though somebody waits: who has not given back yet hardly will. */
  readonly isStanding: boolean;
  /** Values of variables too, not only their names. */
  readonly values: boolean;
  /** Somebody certainly waits for ever. If not, a heap in which nothing waits in a circle is not looked at any closer. */
  readonly isStalled: boolean;
  /** Whoever asked wants all of it. If not, a circle is all that is looked at closely, or the few functions that come first. */
  readonly isAsked: boolean;
  /** Packages, and a test runner, do much beside it that is waiting: the program's own functions come first, in circles or not. */
  readonly isInTest: boolean;
  /** How long it may take. */
  readonly budgetMs: number;
}

/** The suspended async functions of this thread, read from its heap. */
export interface StallPicture {
  /** Those of the program and its packages, not Node's own; members of circles first. */
  readonly functions: readonly SuspendedFunction[];
  /** Circles of functions that await each other, as indexes into `functions`. */
  readonly cycles: readonly (readonly number[])[];
  /** Those who stand in line in a limiter or a lock of the program's own, as indexes likewise. */
  readonly inLine: ReadonlyMap<number, Line>;
  /** Where each function of `functions` begins. */
  readonly definitions: readonly (Stack | null)[];
  /** Suspended functions that are not in `functions`. */
  readonly omitted: number;
  /** Somebody waits in what is a lock by the name of its class, or, unseen, for a turn that another one has. */
  readonly hasLockWaiters: boolean;
  /** Those who are missed for good, as they wait for a promise that nobody can settle any more, and who await them, as indexes into `functions`. */
  readonly left: readonly number[];
  /** Among these are some for whom somebody could settle it, though nothing is left to run that would. */
  readonly isLeftByProgram: boolean;
  /** Why the picture is not whole, in words; null when it is. */
  readonly cut: string | null;
}

/** A picture of nothing; why it is not whole is to be said. */
export const NOTHING: Omit<StallPicture, 'cut'> = {
  functions: [],
  cycles: [],
  inLine: new Map(),
  definitions: [],
  omitted: 0,
  hasLockWaiters: false,
  left: [],
  isLeftByProgram: false,
};

/**
 * Reads what the program is suspended at, without any instrumentation: about 0.7 s for a small program, during which
 * nothing else runs, and half of it where nothing is found. Synchronous, so that it works while the process exits. A heap
 * that is too large for the budget is not read.
 */
export function pictureOfStall(options: PictureOptions): StallPicture {
  const { budgetMs } = options;
  const until = processorMs() + budgetMs;
  if (!isReadWithin(budgetMs)) {
    const megabytes = Math.round(process.memoryUsage().heapUsed / 1e6);
    return { ...NOTHING, cut: `the heap (${megabytes} MB) is too large to be read within ${budgetMs} ms` };
  }
  const unbegun = options.isStanding ? unbegunAnswers() : [];
  const marked = new MarkedHolds([], new Set(), unbegun);
  const heap = takeHeapGraph();
  let opened: InspectorPlaces | null = null;
  // One for all: what the inspector knows the objects of a snapshot by, it forgets when it is left. Places are what a reader needs
  // first: they get a part of the budget even when the snapshot took all of it.
  const open = (): InspectorPlaces => {
    opened ??= new InspectorPlaces(Math.max(until - processorMs(), budgetMs / 4));
    return opened;
  };
  try {
    return pictureOf(heap, open, options, () => {
      const nodes = marked.nodesIn(heap);
      return unbegun.flatMap((answer) => nodes.get(answer) ?? []);
    });
  } finally {
    (opened as InspectorPlaces | null)?.close();
  }
}

function pictureOf(
  heap: HeapGraph,
  open: () => InspectorPlaces,
  options: PictureOptions,
  answers: () => readonly HeapNode[],
): StallPicture {
  const { isStalled, isAsked, isOver, isStanding, isInTest } = options;
  const graph = new SuspendedGraph(heap);
  const lines = new OwnLines(graph, heap, { isOver, isStanding });
  const inLine = lines.isEmpty ? new Map<Suspended, Line>() : lines.join(open());
  const isDoubtful = !isStalled && !isAsked && !mayBeStuck(graph, heap, isOver);
  const inLocks = isOver ? lockWaiters(graph, heap) : new Map<Suspended, Keeper>();
  const unseen = isOver ? unseenWaiters(graph, heap) : new Map<Suspended, Keeper>();
  const unsettleable = new Unsettleable(graph, heap);
  const mayBeLeft = isOver
    ? graph.functions.length > 0 && graph.functions.length <= MAX_AT_END
    : isStanding && !isInTest && unsettleable.waiters.length > 0;
  if (isDoubtful && inLocks.size === 0 && unseen.size === 0 && !mayBeLeft) return { ...NOTHING, cut: null };
  const places = open();
  const missed = mayBeLeft ? leftWaiters(unsettleable, graph, heap, places, answers) : [];
  const left = isOver ? [...missed, ...unfinished(graph, heap, places)] : missed;
  // What a timer lets go on that keeps no program alive may be left undone, and nobody asks here whose it is.
  const counts = unseen.size > 0 && !hasTimerSet(heap, places, isOver);
  return new Painter(graph, heap, places, options, inLine, unsettleable).paint(
    isDoubtful,
    counts ? new Map([...inLocks, ...unseen]) : inLocks,
    left,
  );
}

/** True when the heap of now is small enough to be read in that time, in milliseconds. */
export function isReadWithin(budgetMs: number): boolean {
  return msToRead() <= budgetMs;
}

/** How much processor time it takes to read the heap of now. */
export function msToRead(): number {
  return process.memoryUsage().heapUsed / BYTES_PER_MS;
}

/** False where no function is in a circle, Node's own or not, and no module has stopped, which its source may explain. */
function mayBeStuck({ functions }: SuspendedGraph, heap: HeapGraph, isOver: boolean): boolean {
  return awaitCycles(functions, isOver).length > 0 || functions.some((each) => isModule(each, heap));
}

/** What was awaited, in words. */
const UNSETTLEABLE = 'a promise that nobody can settle any more';

class Painter {
  readonly #graph: SuspendedGraph;
  readonly #heap: HeapGraph;
  readonly #places: InspectorPlaces;
  readonly #options: PictureOptions;
  readonly #inLine: ReadonlyMap<Suspended, Line>;
  readonly #unsettleable: Unsettleable;

  constructor(
    graph: SuspendedGraph,
    heap: HeapGraph,
    places: InspectorPlaces,
    options: PictureOptions,
    inLine: ReadonlyMap<Suspended, Line>,
    unsettleable: Unsettleable,
  ) {
    this.#inLine = inLine;
    this.#graph = graph;
    this.#heap = heap;
    this.#places = places;
    this.#options = options;
    this.#unsettleable = unsettleable;
  }

  /**
   * @param isDoubtful others than those who wait in a lock, or are left, and who await these, may well be idle
   * @param left those who wait for what nobody can settle
   */
  paint(isDoubtful: boolean, inLocks: ReadonlyMap<Suspended, Keeper>, left: readonly Suspended[]): StallPicture {
    const { isOver, isAsked, isInTest, budgetMs } = this.#options;
    const graph = this.#graph;
    const stopped = this.#ofProgram(inLocks.keys());
    const isLeft = new Set(this.#ofProgram(left).flatMap((all) => [...all]));
    const toldOf = isDoubtful ? new Set([...stopped.flatMap((all) => [...all]), ...isLeft]) : null;
    const visible = withoutHidden(
      toldOf === null ? graph.functions : graph.functions.filter((each) => toldOf.has(each)),
      (each) => this.#isHidden(each),
    );
    const cycles = awaitCycles(visible, isOver);
    const keepers = new Map<Suspended, Keeper>();
    for (const each of visible) {
      const keeper =
        each.waitsFor.length > 0 ? null : (inLocks.get(each) ?? keeperOf(graph.sourcesOf(each.awaits), this.#heap));
      if (keeper !== null) keepers.set(each, keeper);
    }
    // Every function of a module is local to its body.
    findReleasers(
      keepers,
      visible.filter((each) => !isModule(each, this.#heap)),
      this.#heap,
    );
    const inCycles = new Set(cycles.flat());
    const rank = (each: Suspended): number =>
      inCycles.has(each) || isLeft.has(each) ? 0 : this.#isInstalled(each) ? 2 : 1;
    const shown = [...visible].sort((a, b) => rank(a) - rank(b) || this.#compare(a, b)).slice(0, MAX_FUNCTIONS);
    const indexes = new Map(shown.map((each, index) => [each, index]));
    const toIndexes = (all: readonly Suspended[]): number[] => all.flatMap((each) => indexes.get(each) ?? []);
    const others = shown.filter((each) => !inCycles.has(each) && !(isInTest && this.#isInstalled(each)));
    const first = isInTest || inCycles.size === 0 ? others.slice(0, MAX_PLACES) : [];
    const close = new Set(isAsked ? shown : [...inCycles, ...first]);
    const functions = shown.map((each) => {
      const place = close.has(each) ? this.#places.find(this.#heap.id(each.node)) : null;
      return this.#describe(each, place, keepers.get(each) ?? null, toIndexes(each.waitsFor));
    });
    return {
      functions,
      cycles: cycles.map(toIndexes).filter((cycle, index) => cycle.length === cycles[index]?.length),
      inLine: new Map([...this.#inLine].flatMap(([each, line]) => toIndexes([each]).map((index) => [index, line]))),
      definitions: shown.map((each) => this.#definition(each)),
      omitted: visible.length - shown.length,
      hasLockWaiters: stopped.length > 0,
      left: toIndexes([...isLeft]),
      isLeftByProgram: left.some((each) => isLeft.has(each) && !this.#unsettleable.isAwaitedBy(each)),
      cut: this.#places.isSpent ? `the lines of some functions could not be looked up within ${budgetMs} ms` : null,
    };
  }

  /** Each of these and those who await it, where the program has a part in that: what a package does for itself may be idle. */
  #ofProgram(waiters: Iterable<Suspended>): readonly ReadonlySet<Suspended>[] {
    const awaiters = awaitersOf(this.#graph.functions);
    return [...waiters]
      .map((each) => awaiters.behind([each]))
      .filter((all) => [...all].some((each) => !this.#isHidden(each) && !this.#isInstalled(each)));
  }

  /** By where they are written: objects have no order in a heap. */
  #compare(a: Suspended, b: Suspended): number {
    const [left, right] = [this.#heap.placeOf(a.fn), this.#heap.placeOf(b.fn)];
    if (left === null || right === null) return Number(left === null) - Number(right === null);
    return Number(left.scriptId) - Number(right.scriptId) || left.line - right.line || left.column - right.column;
  }

  /** Node's own functions and dept's: they pass on what they await. */
  #isHidden({ fn }: Suspended): boolean {
    const url = this.#urlOf(fn);
    return url === null || url === '' || url.startsWith('node:') || isOwnFile(toPath(url));
  }

  #isInstalled({ fn }: Suspended): boolean {
    return this.#places.isInstalled(this.#heap.placeOf(fn));
  }

  #urlOf(fn: number): string | null {
    const place = this.#heap.placeOf(fn);
    return place === null ? null : this.#places.urlOf(place);
  }

  #describe(
    each: Suspended,
    place: SuspendedPlace | null,
    keeper: Keeper | null,
    waitsFor: readonly number[],
  ): SuspendedFunction {
    const name = this.#nameOf(each);
    return {
      name,
      stack: place === null ? this.#definition(each) : stackAt(this.#heap.name(each.fn), place, this.#places),
      awaits: waitsFor.length > 0 ? null : this.#awaited(each, keeper),
      waitsFor,
      locals: (place?.locals ?? [])
        .filter((local) => local.name !== 'this')
        .map((local) => ({ name: local.name, value: this.#options.values ? local.value : null })),
    };
  }

  #awaited(each: Suspended, keeper: Keeper | null): string {
    if (each.circle !== null) return 'a promise that waits for itself';
    if (keeper === null)
      return this.#unsettleable.isAwaitedBy(each) ? UNSETTLEABLE : 'a promise that no async function computes';
    const names = [...new Set(keeper.mayBeReleasedBy.map((other) => this.#nameOf(other)))];
    const releasers = names.length === 0 ? '' : `, which ${names.join(' or ')} may end`;
    const where = keeper.property === null ? keeper.className : `${keeper.className}.${keeper.property}`;
    return `what waits in ${where}${releasers}`;
  }

  /** A function without a name is called by where it is written. */
  #nameOf(each: Suspended): string {
    const name = this.#heap.name(each.fn);
    if (name !== '') return name;
    const frame = this.#definition(each)?.frames[0];
    if (frame === undefined) return '<anonymous>';
    return isModule(each, this.#heap) ? `module ${frame.file}` : `<anonymous> at ${frame.file}:${frame.line}`;
  }

  #definition(each: Suspended): Stack | null {
    return definitionOf(each, this.#heap, this.#places);
  }
}

/** The others, each waiting for what it waits for through functions that are hidden. */
function withoutHidden(all: readonly Suspended[], isHidden: (each: Suspended) => boolean): readonly Suspended[] {
  const hidden = new Set(all.filter(isHidden));
  return all
    .filter((each) => !hidden.has(each))
    .map((each) => {
      const reached = new Set(each.waitsFor);
      let { isOpen } = each;
      for (const other of reached) {
        if (!hidden.has(other)) continue;
        reached.delete(other);
        isOpen ||= other.isOpen;
        for (const next of other.waitsFor) reached.add(next);
      }
      return Object.assign(each, { waitsFor: [...reached], isOpen });
    });
}
