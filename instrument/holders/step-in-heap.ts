import type { ObjectKind } from '../../src/core/classes.ts';
import type { Step } from '../../src/tracker/stuck-waits.ts';
import type { HeapNode } from '../heap/heap-graph.ts';
import { resolveFunctions } from '../heap/held-resolvers.ts';
import type { LiveTimer } from '../heap/live-timers.ts';
import { carriedBy, hasBehind, promisesOf } from '../heap/marked-holds.ts';
import { partsOf, reaches } from '../heap/reached-objects.ts';
import { type Suspended, withAwaiters } from '../heap/suspended-graph.ts';
import { callbackOf } from '../patches/called-back.ts';
import type { Going } from '../suspicion.ts';
import type { HolderLook } from './holder-look.ts';
import { isLending } from './lent-parts.ts';
import { isAside } from './started-aside.ts';
import { isTimeLimited } from './time-limits.ts';

/** Kinds of objects whose limit a program may change. */
const LIMITED: ReadonlySet<ObjectKind> = new Set(['queue', 'semaphore', 'mutex']);

/** What the heap shows of a step of a circle: of who holds something, and of who waits in his name. */
export class StepInHeap {
  /** It is owed, as an answer or a value is: its stack is that of who has asked. */
  readonly isOwed: boolean;
  /** The program was called for it: to answer a request, or to make a resource of a pool. */
  readonly isCalledFor: boolean;
  /** True where the waiter is known to stand in functions that are suspended. */
  readonly isWaiterSuspended: boolean;
  /** The holder is known to be suspended himself, and not to go on in callbacks. */
  readonly isHolderCertain: boolean;
  /** True where the holder stands in functions that are suspended, or may. */
  readonly isHolderFound: boolean;
  /** The promises that the waiter was given. */
  readonly asked: readonly HeapNode[];
  /** The holder cannot go on before the wait is over, as far as the functions tell in which both stand. */
  readonly isHolderStopped: boolean;
  readonly #isRequest: boolean;
  /** It lasts until this process has answered a request, as that or as the socket on which the answer comes. */
  readonly #isAnswered: boolean;
  /** The library gives it back itself when a task is done. */
  readonly #isStructured: boolean;
  /** So many may have it at a time, and that may change. */
  readonly #isLimited: boolean;
  readonly #isLending: boolean;
  readonly #look: HolderLook;
  readonly #held: HeapNode | null;
  /** The functions that the waiter may stand in. */
  readonly #waiters: readonly Suspended[];
  /** It was asked for with a callback that lets none of these go on: they only closed, and wait for something else. */
  readonly #isAskedAside: boolean;
  /** The functions that cannot go on before the wait is over. */
  readonly #stopped: ReadonlySet<Suspended>;
  /** Those of the holder. */
  readonly #holders: readonly Suspended[];
  /** These, and all that they await. */
  readonly #awaited: readonly Suspended[];

  constructor({ wait, held }: Step, look: HolderLook) {
    const standing = look.standing.of(wait.stack);
    const holders = look.holdersOf(held);
    this.#look = look;
    this.#held = look.nodeOf(held);
    this.isOwed = !held.hasWait && !held.how.trylock;
    this.#isStructured = held.how.structured;
    this.#isLimited = LIMITED.has(held.object.key.kind);
    this.#isLending = isLending(held.object);
    this.#isRequest = held.object.key.kind === 'http_server';
    this.#isAnswered = this.#held !== null && look.paths.isAnswered(this.#held);
    this.isCalledFor = this.#isRequest || this.#isAnswered || (this.isOwed && held.object.key.kind === 'pool');
    this.asked = promisesOf(look.nodeOf(wait), look.heap);
    const waiting = look.stoppedBy(this.asked);
    // Another call of the same function, as that of the holder may be, does not wait for what was asked.
    this.#waiters =
      this.asked.length === 0 ? standing.functions : standing.functions.filter((each) => waiting.has(each));
    const callback = callbackOf(wait);
    const called = callback === null ? null : look.nodeOf(callback);
    this.#isAskedAside = called !== null && this.#waiters.length > 0 && !this.#isLetOnBy(called);
    this.isHolderCertain = holders.isCertain;
    this.isHolderFound = holders.functions.length > 0;
    // Who has asked may have kept the promise, and wait for something else.
    const isWaiting = this.#waiters.length > 0 && (this.asked.length > 0 || !this.#isAskedAside);
    this.isWaiterSuspended = standing.isCertain && isWaiting;
    this.#stopped = this.isWaiterSuspended ? withAwaiters(this.#waiters, look.graph.functions) : waiting;
    this.isHolderStopped = holders.functions.some((holder) => this.#stopped.has(holder));
    this.#holders = holders.functions;
    this.#awaited = withAwaited(holders.functions);
  }

  /** A timer will run code of the program as that of the holder. That of a package may only end his wait: a time limit. */
  get isCarriedOn(): boolean {
    return this.#timed(this.#look.timers.once).some((given) => this.#isOfProgram(given));
  }

  /** A timer that was set while it was held names what gives it back: one that repeats gives it back when it is time. */
  get isLeftToTimer(): boolean {
    const [{ heap, places, paths, stuck, timers }, held] = [this.#look, this.#held];
    const timed = this.#timed(timers.all);
    if (held === null || timed.length === 0) return false;
    const ends = paths.endsOf(held);
    return timed.some((given) => {
      if (ends.includes(given)) return true;
      return this.#isOfProgram(given) && reaches(given, ends, heap, places, stuck);
    });
  }

  /** Whoever makes what is asked for goes on, and does not wait for it himself. */
  get isMakerGoing(): boolean {
    const { goingOn, graph } = this.#look;
    const wanted = [...this.asked, ...this.#waiters.map(({ awaits }) => awaits)];
    const chains = wanted.map((each) => graph.chainTo(each));
    const makers = graph.functions.filter(
      ({ promise }) => promise !== null && chains.some((chain) => chain.has(promise)),
    );
    if (makers.length === 0) return wanted.length > 0 && wanted.every((promise) => this.#isSettledByLibrary(promise));
    return makers.every((maker) => !this.#stopped.has(maker) && goingOn.settles(maker.awaits));
  }

  /** Of a request of this process to itself: whoever makes the answer goes on. */
  get isAnswerComing(): boolean {
    return this.#isAnswered && !this.#isRequest && this.isOwed && this.isMakerGoing;
  }

  /** Another one gives it back, who goes on: a callback of a process or a request, or a function that was started aside. */
  get isGivenBackAside(): boolean {
    const [{ givers, graph, paths }, held] = [this.#look, this.#held];
    if (held === null || this.isOwed) return false;
    if (this.#raised() === 'certainly') return true;
    if (this.#isStructured) return givers.isGivenBackByLibrary(held);
    const takers = this.isHolderCertain ? this.#holders : [];
    const all = [...withAwaiters(this.#holders, graph.functions)];
    return givers.giveBack(held, all, takers, [...paths.lendersOf(held)]);
  }

  /** Somebody who may be called for it changes how many may have it at a time. */
  get isLimitRaised(): boolean {
    return this.#raised() !== null;
  }

  /**
   * A function that was called for it is suspended, and is not the one that waits: of a request's it is enough where it is known
   * which that is. Else what it waits for comes by itself.
   */
  get isCalleeGoing(): boolean {
    const [{ graph, heap, stuck }, held] = [this.#look, this.#held];
    if (held === null) return false;
    const waiting = withAwaiters(this.#isAskedAside ? [] : this.#waiters, graph.functions);
    const isKnown = this.#isRequest && this.#waiters.length > 0;
    return graph.functions.some((each) => {
      if (each.promise === null || this.#stopped.has(each) || waiting.has(each) || stuck.has(each.node)) return false;
      if (!hasBehind(each.promise, held, heap)) return false;
      if (this.#isAnswered && !this.#isRequest && !this.#hasEnd(each)) return false;
      return isKnown || this.#isCalledBack([each]) || this.#isLeftToTimers(each);
    });
  }

  /** What a process, a socket or a request calls back can give it back. */
  get isListenedFor(): boolean {
    const [{ goingOn, paths }, held] = [this.#look, this.#held];
    if (held === null) return false;
    const isAnswered = (): boolean => paths.namersOf(held).some(({ node }) => goingOn.callersOf(node) !== null);
    return paths.leadToEndOf(held, this.#look.servers) || (this.#isAnswered && isAnswered()) || this.isHandedOn;
  }

  /** What gives it back was put where something alive leads to, other than a server: whoever asks that next comes to all that it knows. */
  get isHandedOn(): boolean {
    const [{ goingOn, paths }, held] = [this.#look, this.#held];
    if (held === null || this.isOwed || this.#isStructured || !this.#isLending) return false;
    const past = new Set([...paths.librariesOf(held), ...this.#look.servers]);
    return paths.handedTo(held).some((each) => goingOn.callersOf(each, past) !== null);
  }

  /** One of the holder's functions has what gives it back in a variable of its own. */
  get isEndKept(): boolean {
    if (this.#held === null) return false;
    return this.#holders.some((each) => this.#hasEnd(each));
  }

  /** What a process, a socket or a request calls back can settle all that the holder waits for. */
  get isCalledBack(): boolean {
    return this.#isCalledBack(this.#awaited);
  }

  /** The holder waits for something that was made while he had what he holds. */
  get waitsSinceThen(): boolean {
    return this.#awaited.some((each) => this.#isSinceThen(each));
  }

  /** What he waits for since then is settled by timers alone: no matter what was started aside, it goes on. */
  get waitsForTimers(): boolean {
    return this.#awaited.some((each) => this.#isSinceThen(each) && this.#isLeftToTimers(each));
  }

  /** A timer lets the holder go on whatever becomes of the wait: it is raced against that on the way to him. */
  get isLimited(): boolean {
    // Who has called for a task may give up, and the task goes on.
    if (!this.isHolderStopped || (this.#isStructured && this.#held === null)) return false;
    const since = this.#isStructured ? this.#held : null;
    return isTimeLimited(this.asked, this.#waiters, this.#holders, since, this.#look);
  }

  /** Who waits was started aside, and has no part in what the holder waits for. */
  get isStartedAside(): boolean {
    return isAside(this.isWaiterSuspended ? [] : this.asked, this.#stopped, this.#awaited, this.#look);
  }

  #raised(): Going | null {
    const held = this.#held;
    if (held === null || !this.#isLimited) return null;
    return this.#look.raisers.raise(this.#look.paths.limitedOf(held), this.#look);
  }

  /** All that the waiter waits for is settled by this callback, or may be: what else he waits for lets him go on before. */
  #isLetOnBy(callback: HeapNode): boolean {
    const { heap, places, stuck } = this.#look;
    const open = withAwaited(this.#waiters).flatMap((each) => this.#look.openFor(each));
    const isSettled = (promise: HeapNode): boolean =>
      reaches(callback, resolveFunctions(promise, heap), heap, places, stuck);
    return open.length > 0 && open.every(isSettled);
  }

  /** As a loader settles what it has collected, when the function is done that makes all of it. */
  #isSettledByLibrary(promise: HeapNode): boolean {
    const { goingOn, graph, heap } = this.#look;
    const sources = graph.sourcesOf(promise);
    if (sources.length === 0) return false;
    return sources.every((source) => {
      if (goingOn.settles(source)) return true;
      return resolveFunctions(source, heap).some((settle) => goingOn.callersOf(settle) !== null);
    });
  }

  /** It has what gives it back in a variable of its own, as far as that is known. */
  #hasEnd({ node }: Suspended): boolean {
    const [{ heap, places, paths }, held] = [this.#look, this.#held];
    const ends = held === null ? null : paths.givenFor(held);
    return ends !== null && partsOf(node, heap, places)?.some((part) => ends.has(part)) !== false;
  }

  #isCalledBack(functions: readonly Suspended[]): boolean {
    const { heap, paths } = this.#look;
    const awaited = functions.flatMap((each) => this.#look.openFor(each));
    if (awaited.length === 0) return false;
    const closed = this.#held === null ? paths.closed : new Set([...paths.closed, ...paths.librariesOf(this.#held)]);
    return awaited.every((each) => paths.leadTo(resolveFunctions(each, heap), closed));
  }

  /** What these timers will run, of those that were set while it was held. */
  #timed(timers: readonly LiveTimer[]): readonly HeapNode[] {
    const [{ heap }, held] = [this.#look, this.#held];
    if (held === null) return [];
    const since = timers.filter(({ callback }) => hasBehind(callback, held, heap));
    return since.map(({ callback }) => carriedBy(callback, heap));
  }

  #isOfProgram(fn: HeapNode): boolean {
    return !this.#look.places.isInstalled(this.#look.heap.placeOf(fn));
  }

  #isSinceThen(each: Suspended): boolean {
    return this.#look.openFor(each).some((open) => this.#look.isAfter(open, this.#held));
  }

  #isLeftToTimers(each: Suspended): boolean {
    const open = this.#look.openFor(each);
    return open.length > 0 && open.every((promise) => this.#look.timers.settling(promise).length > 0);
  }
}

/** These and all that they await, directly or not. */
function withAwaited(functions: readonly Suspended[]): readonly Suspended[] {
  const all = new Set(functions);
  for (const each of all) for (const next of each.waitsFor) all.add(next);
  return [...all];
}
