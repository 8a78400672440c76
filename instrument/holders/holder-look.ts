import type { EventContext } from '../../src/core/event-context.ts';
import type { Wait } from '../../src/core/wait.ts';
import type { Step } from '../../src/tracker/stuck-waits.ts';
import { AliveHandles } from '../heap/alive-handles.ts';
import type { HeapGraph, HeapNode } from '../heap/heap-graph.ts';
import type { InspectorPlaces } from '../heap/inspector-places.ts';
import { LiveTimers } from '../heap/live-timers.ts';
import { hasBehind, isNoted, type MarkedHolds, promisesOf } from '../heap/marked-holds.ts';
import { ProgramFunctions } from '../heap/program-functions.ts';
import { nodesOf, type Suspended, SuspendedGraph, withAwaiters } from '../heap/suspended-graph.ts';
import { GiversBack } from './givers-back.ts';
import { GoingOn } from './going-on.ts';
import { LimitRaisers } from './limit-raisers.ts';
import { ReleasePaths } from './release-paths.ts';
import { type Standing, StandingFunctions } from './standing-functions.ts';
import { StepInHeap } from './step-in-heap.ts';

/** A heap as far as it tells of who holds what others wait for in circles, and of what can let him go on. */
export class HolderLook {
  readonly heap: HeapGraph;
  readonly places: InspectorPlaces;
  readonly graph: SuspendedGraph;
  readonly timers: LiveTimers;
  readonly standing: StandingFunctions;
  readonly alive: AliveHandles;
  /** Past all that waits in the circles. */
  readonly paths: ReleasePaths;
  /** The promises and functions that are stuck in the circles or behind them. */
  readonly stuck: ReadonlySet<HeapNode>;
  #functions: ProgramFunctions | null = null;
  #givers: GiversBack | null = null;
  #raisers: LimitRaisers | null = null;
  #goingOn: GoingOn | null = null;
  #servers: readonly HeapNode[] | null = null;
  readonly #waits: ReadonlySet<Wait>;
  readonly #marks: ReadonlyMap<object, HeapNode>;
  /** The promises that functions compute. */
  readonly #computed: ReadonlySet<HeapNode | null>;
  /** False where it is not followed what promises have behind them. */
  readonly #hasHistories: boolean;

  /** @param stuck all that waits in the circles, or behind them */
  constructor(heap: HeapGraph, places: InspectorPlaces, marked: MarkedHolds, stuck: ReadonlySet<Wait>) {
    this.heap = heap;
    this.places = places;
    this.graph = new SuspendedGraph(heap);
    this.timers = new LiveTimers(heap, places);
    this.standing = new StandingFunctions(this.graph.functions, heap, places);
    this.#waits = stuck;
    this.#marks = marked.nodesIn(heap);
    this.#computed = new Set(this.graph.functions.map(({ promise }) => promise));
    const waits = [...stuck].flatMap((wait) => this.#marks.get(wait) ?? []);
    const asked = waits.flatMap((wait) => promisesOf(wait, heap));
    this.stuck = new Set([...asked, ...nodesOf(this.stoppedBy(asked))]);
    this.alive = new AliveHandles(heap, {
      own: new Set(marked.own.flatMap((each) => this.#marks.get(each) ?? [])),
      areThreadsStuck: [...stuck].some(({ object, how }) => how.structured && object.key.kind === 'pool'),
    });
    const past = (closed: Iterable<HeapNode>): ReleasePaths =>
      new ReleasePaths(heap, places, this.alive, waits, [...this.stuck, ...closed]);
    const paths = past([]);
    const goingOn = new GoingOn({ heap, places, paths, alive: this.alive, graph: this.graph, timers: this.timers });
    const standing = this.#standingIn(stuck).filter(({ awaits }) => !goingOn.settles(awaits));
    this.paths = standing.length === 0 ? paths : past(nodesOf(withAwaiters(standing, this.graph.functions)));
    this.#hasHistories = this.graph.functions.some(({ awaits }) => isNoted(awaits, heap));
  }

  at(step: Step): StepInHeap {
    return new StepInHeap(step, this);
  }

  get functions(): ProgramFunctions {
    this.#functions ??= new ProgramFunctions(this.heap, this.places);
    return this.#functions;
  }

  /** Who will give something back. */
  get givers(): GiversBack {
    this.#givers ??= new GiversBack(this);
    return this.#givers;
  }

  /** Who changes how many may have something. */
  get raisers(): LimitRaisers {
    this.#raisers ??= new LimitRaisers(this.functions, this.heap, this.places);
    return this.#raisers;
  }

  get goingOn(): GoingOn {
    this.#goingOn ??= new GoingOn(this);
    return this.#goingOn;
  }

  /** Servers of Node: what a request calls next they lead to. */
  get servers(): readonly HeapNode[] {
    this.#servers ??= this.heap.objectsNamed(/^(?:Http2(?:Secure)?)?Server$/);
    return this.#servers;
  }

  nodeOf(marked: object): HeapNode | null {
    return this.#marks.get(marked) ?? null;
  }

  /** The functions that cannot go on before one of these promises is settled. */
  stoppedBy(promises: Iterable<HeapNode>): ReadonlySet<Suspended> {
    const all = [...promises];
    // A package may give what it makes of a promise of its own, with a handler of errors.
    const waiting = this.graph.functions.filter((each) => this.#isNext(each, all));
    return withAwaiters(waiting, this.graph.functions);
  }

  /** The functions that may wait where no promise is known that was given to them: by their stacks. */
  #standingIn(waits: ReadonlySet<Wait>): readonly Suspended[] {
    const unknown = [...waits].filter((wait) => promisesOf(this.nodeOf(wait), this.heap).length === 0);
    const standing = unknown.map(({ stack }) => this.standing.of(stack));
    return standing.flatMap(({ functions, isCertain }) => (isCertain ? functions : []));
  }

  /** The functions that go on first when this wait is over. */
  waitersFor(wait: Wait): readonly Suspended[] {
    const asked = promisesOf(this.nodeOf(wait), this.heap);
    return this.graph.functions.filter((each) => this.#isNext(each, asked));
  }

  /**
   * The functions that the holder may stand in. What he called to get it may be called again: who stands in line and has not got
   * it is another call, and so is who was called by somebody that had it, if the holder's own is found.
   */
  holdersOf(held: EventContext): Standing {
    const waits = [...this.#waits].filter(({ object }) => object === held.object);
    const asked = waits.flatMap((wait) => promisesOf(this.nodeOf(wait), this.heap));
    const isNext = (each: Suspended): boolean => this.#isNext(each, asked) && !this.#hasGot(held, each);
    const own = this.standing.of(held.stack, (each) => isNext(each) || this.#isCalledSince(held, each));
    return own.functions.length > 0 ? own : this.standing.of(held.stack, isNext);
  }

  #isCalledSince(held: EventContext, { promise }: Suspended): boolean {
    return this.#hasHistories && promise !== null && this.isAfter(promise, this.nodeOf(held));
  }

  #isNext({ awaits }: Suspended, asked: readonly HeapNode[]): boolean {
    const chain = this.graph.chainTo(awaits);
    return asked.some((promise) => chain.has(promise));
  }

  #hasGot(held: EventContext, each: Suspended): boolean {
    return this.openFor(each).some((open) => this.isAfter(open, this.nodeOf(held)));
  }

  /** The promises it waits for that no function computes. */
  openFor({ awaits }: Suspended): readonly HeapNode[] {
    return this.graph.sourcesOf(awaits).filter((promise) => !this.#computed.has(promise));
  }

  /** The promise was made by whoever has what is held. */
  isAfter(promise: HeapNode, held: HeapNode | null): boolean {
    return !this.#hasHistories || (held !== null && hasBehind(promise, held, this.heap));
  }
}
