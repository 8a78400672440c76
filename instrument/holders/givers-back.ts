import type { HeapNode } from '../heap/heap-graph.ts';
import { importsOf, scopesOf, textOf } from '../heap/list-owners.ts';
import { hasBehind } from '../heap/marked-holds.ts';
import type { ProgramFunctions } from '../heap/program-functions.ts';
import { partsOf, reaches } from '../heap/reached-objects.ts';
import { splitText } from '../heap/stopped-text.ts';
import type { Suspended } from '../heap/suspended-graph.ts';
import { GivingTexts } from './giving-texts.ts';
import type { HolderLook } from './holder-look.ts';
import { inHandOf, namedBy } from './in-hand.ts';

/** Functions that are looked at. */
const MAX_GIVERS = 400;

/** Somebody who gives something back if he goes on. */
interface Giver {
  readonly fn: HeapNode;
  /** That function, or its variables where it has stopped. */
  readonly node: HeapNode;
  /** The functions and promises by which he goes on; null where he does not. */
  goesOnBy(): readonly HeapNode[] | null;
}

/** The functions of the program that will give something back: something alive calls them, or they have stopped and go on. */
export class GiversBack {
  readonly #look: HolderLook;
  readonly #functions: ProgramFunctions;
  readonly #texts: GivingTexts;
  readonly #givers: readonly Giver[];

  constructor(look: HolderLook) {
    this.#look = look;
    this.#functions = look.functions;
    this.#texts = new GivingTexts(this.#functions);
    const { goingOn, timers } = look;
    const { repeated } = timers;
    const called = this.#functions.all
      // One that it makes, and gives to somebody, may be called as well.
      .filter((fn) => this.#texts.givesFirst(textOf(fn, look.heap, look.places)))
      // One that a timer calls again and again gives something back each time, as who fills up a bucket of tokens does.
      .map((fn): Giver => ({ fn, node: fn, goesOnBy: once(() => (repeated.has(fn) ? [fn] : this.#callersOf(fn))) }));
    const suspended = look.graph.functions
      .filter((each) => !look.stuck.has(each.node) && this.#texts.givesFirst(this.#restOf(each)))
      .map(({ fn, node, promise, awaits }): Giver => {
        const by = promise === null ? [] : [promise];
        return { fn, node, goesOnBy: once(() => (goingOn.settles(awaits) ? by : null)) };
      });
    // Who asks it for more, or has enough of it, lets it give back what it has.
    const asked = look.graph.yielded
      .filter((each) => this.#functions.isOne(each.fn) && this.#texts.givesFirst(this.#restOf(each)))
      .map(({ fn, node }): Giver => ({ fn, node, goesOnBy: once(() => goingOn.callersOf(node)) }));
    this.#givers = [...suspended, ...asked, ...called].slice(0, MAX_GIVERS);
  }

  /**
   * True when one of them gives back what is held: he has what was given for that, or he can get hold of it, and has it behind him, is
   * written in the holder's function, or the holder himself gives back nothing.
   * @param holders the functions that the holder stands in, with those who await them
   * @param takers those of them that have taken it themselves, as far as that is known
   * @param ends what it can be given back with
   */
  giveBack(
    held: HeapNode,
    holders: readonly Suspended[],
    takers: readonly Suspended[],
    ends: readonly HeapNode[],
  ): boolean {
    if (this.#isNamed(held) || this.#isInHand(held, holders)) return true;
    const isKept = holders.some((each) => this.#texts.isGiving(each.fn, takers.includes(each)));
    return this.#givers.some((giver) => {
      if (!this.#look.places.hasTime() || !this.#canGetHold(giver, ends)) return false;
      const by = giver.goesOnBy();
      if (by === null || !isKept) return by !== null;
      if (by.some((each) => hasBehind(each, held, this.#look.heap))) return true;
      return holders.some(({ fn }) => this.#functions.isWrittenIn(fn, giver.fn));
    });
  }

  /** True when the library gives it back itself, and what it waits for, as for the task that was given to it, goes on. */
  isGivenBackByLibrary(held: HeapNode): boolean {
    const { goingOn, graph, heap, paths, places, stuck } = this.#look;
    const given = paths.givenFor(held);
    const library = paths.librariesOf(held);
    if ([...given].some((each) => heap.type(each) === 'closure' && goingOn.callersOf(each, library) !== null))
      return true;
    return graph.functions.some((each) => {
      if (stuck.has(each.node) || !places.isInstalled(heap.placeOf(each.fn))) return false;
      const parts = this.#texts.givesFirst(this.#restOf(each)) ? partsOf(each.node, heap, places) : null;
      return parts?.some((part) => given.has(part)) === true && goingOn.settles(each.awaits);
    });
  }

  /** A function that has what was given to give it back in a variable will be called. */
  #isNamed(held: HeapNode): boolean {
    const { goingOn, heap, paths, places } = this.#look;
    return paths.namersOf(held).some(({ name, node }) => {
      const text = textOf(node, heap, places);
      // Node hands on to listeners whom they listen to.
      const handsOn = this.#functions.isOne(node) && this.#texts.handsOnFirst(name, text);
      if (!handsOn && !this.#texts.callsFirst(name, text) && !this.#texts.givesFirst(text)) return false;
      return goingOn.callersOf(node) !== null;
    });
  }

  /** Who calls a function back, or has been handed it. */
  #callersOf(fn: HeapNode): readonly HeapNode[] | null {
    const callers = this.#look.goingOn.callersOf(fn);
    if (callers !== null) return callers;
    const promises = inHandOf([fn, ...this.#ownersOf(fn)], this.#look).flatMap(({ promise }) => promise ?? []);
    return promises.length === 0 ? null : promises;
  }

  /** The objects that have it as a method of their own. */
  #ownersOf(fn: HeapNode): readonly HeapNode[] {
    const { heap } = this.#look;
    const owners = heap.retainers(fn).filter(({ type, name }) => type === 'property' && name !== 'constructor');
    return owners.map(({ node }) => node);
  }

  /** Another function that goes on has the one that gives it back, or an object with a method that does. */
  #isInHand(held: HeapNode, holders: readonly Suspended[]): boolean {
    const { heap, paths } = this.#look;
    const given = paths.givenFor(held);
    const all = [...given, ...paths.namersOf(held).map(({ node }) => node)];
    const functions = all.filter((each) => heap.type(each) === 'closure');
    // Who has what was lent may only look at it.
    const owners = functions.flatMap((each) => this.#ownersOf(each)).filter((node) => !given.has(node));
    const inHand = [...functions, ...owners];
    return inHandOf(inHand, this.#look, holders).length > 0 || namedBy(inHand, this.#look, holders).length > 0;
  }

  #canGetHold({ fn, node }: Giver, ends: readonly HeapNode[]): boolean {
    const { heap, places, stuck } = this.#look;
    if (reaches(node, ends, heap, places, stuck)) return true;
    const imported = scopesOf(fn, heap).flatMap((scope) => importsOf(scope, heap));
    return imported.some((each) => ends.includes(each) || heap.edges(each).some((edge) => ends.includes(edge.node)));
  }

  #restOf(each: Pick<Suspended, 'fn' | 'node'>): string {
    return splitText(each, this.#look.heap, this.#look.places)[1];
  }
}

/** What it gives is remembered. */
function once<T>(ask: () => T): () => T {
  let known: { readonly answer: T } | null = null;
  return () => {
    known ??= { answer: ask() };
    return known.answer;
  };
}
