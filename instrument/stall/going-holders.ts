import type { Wait } from '../../src/core/wait.ts';
import type { Step } from '../../src/tracker/stuck-waits.ts';
import { isModule } from './definitions.ts';
import { type HeapGraph, type HeapNode, takeHeapGraph } from './heap-graph.ts';
import { resolveFunctions } from './held-resolvers.ts';
import { InspectorPlaces } from './inspector-places.ts';
import { LiveTimers } from './live-timers.ts';
import { carriedBy, hasBehind, isNoted, MarkedHolds, promisesOf } from './marked-holds.ts';
import { isConnected, keepersOf } from './promise-keepers.ts';
import { reachedFrom, variablesOf } from './reached-objects.ts';
import { ReleasePaths } from './release-paths.ts';
import { StandingFunctions } from './standing-functions.ts';
import { type Suspended, SuspendedGraph, withAwaiters } from './suspended-graph.ts';

/**
 * True when the heap shows that somebody goes on who was taken to be stuck: whoever has taken what others wait for has
 * started the one that waits in his name aside, and waits for something else himself. False where it shows nothing of the
 * kind: nothing is known then.
 */
export function someHolderGoesOn(steps: readonly Step[], stuck: ReadonlySet<Wait>, budgetMs: number): boolean {
  if (steps.length === 0) return false;
  const marked = new MarkedHolds(steps, stuck);
  const heap = takeHeapGraph();
  const places = new InspectorPlaces(budgetMs);
  try {
    const look = new HolderLook(heap, places, marked, stuck);
    return steps.some((step) => look.goesOn(step));
  } finally {
    places.close();
  }
}

class HolderLook {
  readonly #heap: HeapGraph;
  readonly #places: InspectorPlaces;
  readonly #graph: SuspendedGraph;
  readonly #timers: LiveTimers;
  readonly #standing: StandingFunctions;
  readonly #marks: ReturnType<MarkedHolds['nodesIn']>;
  /** Past all that waits in the circles. */
  readonly #paths: ReleasePaths;
  /** The promises that functions compute. */
  readonly #computed: ReadonlySet<HeapNode | null>;
  /** False where it is not followed what promises have behind them. */
  readonly #hasHistories: boolean;

  constructor(heap: HeapGraph, places: InspectorPlaces, marked: MarkedHolds, stuck: ReadonlySet<Wait>) {
    this.#heap = heap;
    this.#places = places;
    this.#graph = new SuspendedGraph(heap);
    this.#timers = new LiveTimers(heap, places);
    this.#standing = new StandingFunctions(this.#graph.functions, heap, places);
    this.#marks = marked.nodesIn(heap);
    this.#computed = new Set(this.#graph.functions.map(({ promise }) => promise));
    const waits = [...stuck].flatMap((wait) => this.#marks.get(wait) ?? []);
    const asked = waits.flatMap((wait) => promisesOf(wait, heap));
    const stopped = withAwaiters(this.#awaiting(asked), this.#graph.functions);
    const closed = [...asked, ...[...stopped].flatMap(({ node, registers }) => [node, registers])];
    this.#paths = new ReleasePaths(heap, places, waits, closed);
    this.#hasHistories = this.#graph.functions.some(({ awaits }) => isNoted(awaits, heap));
  }

  goesOn({ wait, held }: Step): boolean {
    // Of an answer or a value that is owed, the stack is that of who has asked.
    if (!held.hasWait) return false;
    const heldNode = this.#marks.get(held) ?? null;
    const waiters = this.#standing.of(wait.stack);
    const holders = this.#standing.of(held.stack);
    const asked = promisesOf(this.#marks.get(wait) ?? null, this.#heap);
    const asking = withAwaiters(this.#awaiting(asked), this.#graph.functions);
    const isSuspended = waiters.isCertain && waiters.functions.length > 0;
    const stopped = isSuspended ? withAwaiters(waiters.functions, this.#graph.functions) : asking;
    const isStopped = holders.functions.some((holder) => stopped.has(holder));
    if (isStopped && asked.length > 0) return false;
    if (!holders.isCertain && (this.#isCarriedOn(heldNode) || this.#isListenedFor(heldNode))) return true;
    if (holders.functions.length === 0) return false;
    const awaited = new Set(holders.functions.flatMap((holder) => allAwaited(holder)));
    if (isStopped) return holders.isCertain && this.#isCalledBack([...awaited]);
    const isHolders = (each: Suspended): boolean => this.#openFor(each).some((open) => this.#isAfter(open, heldNode));
    // Who has given a task to a queue is not the one who runs it.
    if ([...awaited].some((each) => stopped.has(each)) || ![...awaited].some(isHolders)) return false;
    if ([...awaited].some((each) => isHolders(each) && this.#waitsForTimers(each))) return true;
    if (isSuspended) return this.#isStartedAside(stopped, [], [...awaited]);
    if (asked.length > 0) return holders.isCertain && this.#isStartedAside(stopped, asked, [...awaited]);
    return holders.isCertain && this.#isCalledBack([...awaited]);
  }

  /** A timer will run code of the program as that of the holder. That of a package may only end his wait: a time limit. */
  #isCarriedOn(held: HeapNode | null): boolean {
    if (held === null) return false;
    return this.#timers.all.some(({ callback }) => {
      const given = carriedBy(callback, this.#heap);
      return hasBehind(callback, held, this.#heap) && !this.#places.isInstalled(this.#heap.placeOf(given));
    });
  }

  /** What a process, a socket or a request calls back can give it back. */
  #isListenedFor(held: HeapNode | null): boolean {
    return held !== null && this.#paths.leadToEndOf(held);
  }

  /** The same for what the holders wait for, where nothing is known of who waits in their name but that he is called back. */
  #isCalledBack(holders: readonly Suspended[]): boolean {
    const awaited = holders.flatMap((each) => this.#openFor(each));
    return awaited.length > 0 && awaited.every((each) => this.#paths.leadTo(resolveFunctions(each, this.#heap)));
  }

  #awaiting(promises: Iterable<HeapNode>): readonly Suspended[] {
    const all = new Set(promises);
    return this.#graph.functions.filter(({ awaits }) => this.#graph.sourcesOf(awaits).some((each) => all.has(each)));
  }

  /** The promise was made by whoever has what is held. */
  #isAfter(promise: HeapNode, held: HeapNode | null): boolean {
    return !this.#hasHistories || (held !== null && hasBehind(promise, held, this.#heap));
  }

  /** What it waits for is settled by timers alone: no matter what was started aside, it goes on. */
  #waitsForTimers(each: Suspended): boolean {
    const open = this.#openFor(each);
    return open.length > 0 && open.every((promise) => this.#timers.settling(promise).length > 0);
  }

  /**
   * Nobody goes on with what was started, or with the promises it was given, but for its errors, or whoever does cannot let the holders go on; nor does what was
   * started, by an emitter or a list of waiters that it shares with them.
   */
  #isStartedAside(stopped: ReadonlySet<Suspended>, asked: readonly HeapNode[], holders: readonly Suspended[]): boolean {
    // How a generator of a compiler goes on is among the handlers of what it awaits.
    const known = [...stopped].filter((each) => each.promise !== null || isModule(each, this.#heap));
    const computed = known.filter((each) => !this.#graph.isAwaited(each)).map(({ promise }) => promise);
    const handlers = [...computed, ...asked].map((promise) => this.#graph.valueHandlersOf(promise));
    if (handlers.includes(null)) return false;
    const onValue = handlers.flatMap((each) => each ?? []);
    const reached = reachedFrom(onValue, this.#heap, this.#places);
    const awaited = holders.flatMap((each) => this.#openFor(each));
    if (reached === null || awaited.some((promise) => reached.has(promise))) return false;
    return !awaited.some((promise) => [...stopped].some((each) => this.#maySettle(each, promise)));
  }

  /** It uses an object that keeps what would settle the promise, and that nobody outside of the process has a part in. */
  #maySettle(each: Suspended, promise: HeapNode): boolean {
    const heap = this.#heap;
    const keepers = keepersOf(promise, heap);
    // What it waits for itself is no means: a pool keeps who waits for it beside those who wait for an answer.
    const own = new Set(this.#openFor(each).flatMap((awaited) => [...keepersOf(awaited, heap)]));
    const used = [each.registers, ...(variablesOf(each.fn, heap, this.#places) ?? [])];
    const parts = used.flatMap((node) => heap.edges(node).filter(({ type }) => type !== 'weak' && type !== 'shortcut'));
    const known = new Set([...used, ...parts.filter(({ name }) => name !== '__proto__').map(({ node }) => node)]);
    return [...known].some((node) => keepers.has(node) && !own.has(node) && !isConnected(node, heap));
  }

  /** The promises it waits for that no function computes. */
  #openFor({ awaits }: Suspended): readonly HeapNode[] {
    return this.#graph.sourcesOf(awaits).filter((promise) => !this.#computed.has(promise));
  }
}

/** This and all that it awaits, directly or not. */
function allAwaited(holder: Suspended): readonly Suspended[] {
  const all = new Set([holder]);
  for (const each of all) for (const next of each.waitsFor) all.add(next);
  return [...all];
}
