import { Dependents } from '../../src/core/dependents.ts';
import { emitterOwnerOf } from '../heap/emitter-owners.ts';
import { escaped } from '../heap/function-text.ts';
import type { HeapGraph, HeapNode } from '../heap/heap-graph.ts';
import type { InspectorPlaces } from '../heap/inspector-places.ts';
import {
  functionsCalled,
  type ListOwner,
  methodsOf,
  ownerOf,
  scopesOf,
  takesFrom,
  textOf,
} from '../heap/list-owners.ts';
import { splitText } from '../heap/stopped-text.ts';
import { type Suspended, type SuspendedGraph, withAwaiters } from '../heap/suspended-graph.ts';
import { unlockersOf } from './given-unlocks.ts';
import { LaterReleases } from './later-releases.ts';
import type { PictureOptions } from './stall-picture.ts';

/** Who stand in lines: each is compared with all others, and among them, so twice as many take eight times as long. */
const MAX_WAITING = 400;

/** Somebody who has got past the line, and is to let the next one go on. */
interface Passed {
  readonly call: Suspended;
  /**
   * By a function that he was given; `itself`: it is a call of the function that the next one stands in; `later`: perhaps, by calling
   * another function of the lock, if he has taken it.
   */
  readonly by: HeapNode | 'itself' | 'later';
  /** The method of a guard by which he does so, where it is one. */
  readonly method?: string | null;
}

/** What somebody stands in: a lock or a limiter, or, with what he asks for, the mailbox of whoever answers. */
export type Line = 'lock' | 'mailbox';

/** Whether nothing is left to run, or nothing has run for long: who has not given back yet never will, or hardly. */
type Quiet = Pick<PictureOptions, 'isOver' | 'isStanding'>;

/** One who stands in line in a limiter or a lock behind those who seem to wait for him. */
interface InLine {
  readonly waiter: Suspended;
  readonly owner: ListOwner;
  /** Those who have got past the line, and those of them that wait for him. */
  readonly before: readonly Passed[];
  readonly awaiting: readonly Passed[];
}

/**
 * Those who stand in line in a limiter or a lock of the program's own, though somebody who has got past it waits for them: as far as the
 * heap alone shows, until their texts are looked at.
 */
export class OwnLines {
  readonly #heap: HeapGraph;
  readonly #later: LaterReleases | null;
  readonly #lines: readonly InLine[];

  constructor(graph: SuspendedGraph, heap: HeapGraph, { isOver, isStanding }: Quiet) {
    const isQuiet = isOver || isStanding;
    this.#heap = heap;
    const waiting = waitingInLists(graph, heap);
    this.#later = isQuiet && waiting.size > 0 ? new LaterReleases(graph.functions, heap, isOver) : null;
    const lines = [...waiting].flatMap(([waiter, { owner, promise }]) => {
      const own =
        waiter.promise !== null && isOf(waiter, owner, heap) ? callsBefore(waiter, owner, waiting, graph, heap) : [];
      if (own.length > 0) return own.map((before) => ({ waiter, owner, before }));
      const unlockers = isQuiet ? unlockersOf(waiter, promise, owner, graph, heap) : [];
      const before: readonly Passed[] =
        unlockers.length > 0
          ? unlockers.map(({ holder, unlock, method }) => ({ call: holder, by: unlock, method }))
          : (this.#later?.seeing(owner) ?? []).map((call) => ({ call, by: 'later' }));
      return before.length > 0 ? [{ waiter, owner, before }] : [];
    });
    this.#lines = standingInWay(lines, graph);
  }

  get isEmpty(): boolean {
    return this.#lines.length === 0;
  }

  /**
   * Those who have got past it let the next one go on, as their text says: behind where they have stopped they take him out of the
   * list, in a function that they call or were given. Whoever stands there waits for them then.
   * @returns these waiters
   */
  join(places: InspectorPlaces): ReadonlyMap<Suspended, Line> {
    const joined = new Map<Suspended, Line>();
    for (const { waiter, owner, before, awaiting } of this.#lines) {
      const letting = awaiting.filter((each) => this.#letsGo(each, owner, places));
      const isRead = letting.length === 0;
      if (isRead) letting.push(...awaiting.filter((each) => this.#reads(each, owner, places)));
      if (letting.length === 0) continue;
      const all = before.filter((each) => each.by !== 'later' || letting.includes(each));
      Object.assign(waiter, { waitsFor: all.map(({ call }) => call), isOpen: false });
      joined.set(waiter, isRead ? 'mailbox' : 'lock');
    }
    return joined;
  }

  #reads({ call, by }: Passed, owner: ListOwner, places: InspectorPlaces): boolean {
    const split = (): readonly [string, string] => splitText(call, this.#heap, places);
    return by === 'later' && this.#later?.readsOn(call, owner, places, split) === true;
  }

  #letsGo({ call, by, method = null }: Passed, owner: ListOwner, places: InspectorPlaces): boolean {
    const heap = this.#heap;
    if (method !== null && !callsMethod(splitText(call, heap, places)[1], method)) return false;
    if (by === 'later') return this.#later?.holds(call, owner, places, () => splitText(call, heap, places)) ?? false;
    const text = by === 'itself' ? splitText(call, heap, places)[1] : textOf(by, heap, places);
    const called =
      method === null
        ? functionsCalled(text, by === 'itself' ? call.fn : by, owner, heap)
        : methodsCalled(text, owner, heap);
    const takes = takesFrom(owner);
    return [text, ...called.map((fn) => textOf(fn, heap, places))].some((each) => takes.test(each));
  }
}

interface Waiting {
  readonly owner: ListOwner;
  /** What the waiter waits for in the end. */
  readonly promise: HeapNode;
}

function waitingInLists(graph: SuspendedGraph, heap: HeapGraph): ReadonlyMap<Suspended, Waiting> {
  const waiting = new Map<Suspended, Waiting>();
  for (const each of graph.functions) {
    if (each.waitsFor.length > 0) continue;
    for (const promise of graph.sourcesOf(each.awaits)) {
      const owner = waiting.has(each) ? null : (ownerOf(promise, heap) ?? emitterOwnerOf(promise, heap));
      if (owner !== null) waiting.set(each, { owner, promise });
    }
    if (waiting.size > MAX_WAITING) return new Map();
  }
  return waiting;
}

/** Those lines in which somebody who has got past them may wait for one who stands in them. */
function standingInWay(lines: readonly Omit<InLine, 'awaiting'>[], graph: SuspendedGraph): readonly InLine[] {
  const lined = new Map(lines.map(({ waiter }): [Suspended, Suspended[]] => [waiter, []]));
  for (const { waiter, before } of lines) lined.get(waiter)?.push(...before.map(({ call }) => call));
  // Who stands in a line waits for nobody that is known.
  const mayWaitFor = (each: Suspended): readonly Suspended[] => lined.get(each) ?? each.waitsFor;
  const awaiters = new Dependents(graph.functions, mayWaitFor);
  return lines.flatMap((line): InLine[] => {
    const stopped = awaiters.behind([line.waiter]);
    const awaiting = line.before.filter(({ call }) => stopped.has(call));
    return awaiting.length > 0 ? [{ ...line, awaiting }] : [];
  });
}

/** The earlier calls of the function that the waiter stands in, and of those that await it in methods of the same object. */
function callsBefore(
  waiter: Suspended,
  owner: ListOwner,
  waiting: ReadonlyMap<Suspended, unknown>,
  graph: SuspendedGraph,
  heap: HeapGraph,
): readonly (readonly Passed[])[] {
  const all = graph.functions.filter((each) => isOf(each, owner, heap));
  return callsAround(waiter, owner, all).flatMap((call) => {
    const same = all.filter((each) => each !== call && isSameFunction(each, call, heap));
    // Who stands in line as well has not got past it.
    const before = same.filter((each) => ![...waiting.keys()].some((other) => isInLine(each, other, owner, all)));
    return before.length > 0 ? [before.map((each): Passed => ({ call: each, by: 'itself' }))] : [];
  });
}

/** A guard calls those of its lock by whatever it calls that. */
function methodsCalled(text: string, { node, isScope }: ListOwner, heap: HeapGraph): readonly HeapNode[] {
  const methods = isScope ? [] : methodsOf(node, heap);
  return methods.filter(({ name }) => callsMethod(text, name)).map((method) => method.node);
}

function callsMethod(text: string, name: string): boolean {
  return new RegExp(`\\.\\s*${escaped(name)}\\s*\\(`).test(text);
}

/** A method that was called on the owner, or a function that sees the variable. */
function isOf(each: Suspended, { node, isScope }: ListOwner, heap: HeapGraph): boolean {
  return isScope ? scopesOf(each.fn, heap).includes(node) : heap.follow(each.node, 'receiver') === node;
}

/** The waiter's own call, and those of methods of the same object that await it one after the other. */
function callsAround(waiter: Suspended, { isScope }: ListOwner, all: readonly Suspended[]): readonly Suspended[] {
  return isScope ? [waiter] : [...withAwaiters([waiter], all)];
}

function isInLine(each: Suspended, waiter: Suspended, owner: ListOwner, all: readonly Suspended[]): boolean {
  return (
    each === waiter ||
    (!owner.isScope && each.waitsFor.length === 1 && each.waitsFor[0] === waiter && all.includes(each))
  );
}

function isSameFunction(one: Suspended, other: Suspended, heap: HeapGraph): boolean {
  const [a, b] = [heap.placeOf(one.fn), heap.placeOf(other.fn)];
  return a !== null && b !== null && a.scriptId === b.scriptId && a.line === b.line && a.column === b.column;
}
