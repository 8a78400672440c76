import type { EventContext } from '../../src/core/event-context.ts';
import type { HeapEdge, HeapNode } from '../heap/heap-graph.ts';
import { isReference } from '../heap/live-references.ts';
import { isKept, isMade, isNote, isWeaklyKnown, OBJECT } from '../heap/own-references.ts';
import type { Suspended } from '../heap/suspended-graph.ts';
import { WatchedPool } from '../watched-pool.ts';
import type { HolderLook } from './holder-look.ts';
import { isInUse, isNoPart, isPending, lentParts } from './lent-parts.ts';

/** Objects looked at on the way from what was given to those who have it. */
const MAX_SEEN = 2_000;

/** Variables of modules and scripts. */
const GLOBAL = /^system \/ (?:Cell|PropertyCell|.*Module|ScriptContext.*|NativeContext)$/;
/** From what was made to what ran then: where there are no frames of contexts, a store is found by that. */
const AMBIENT = /^<symbol .*[rR]esource/;
/** A root for the turn that runs now. */
const PASSING = 'weak_refs_keep_during_job';

/**
 * Which holds nobody can end any more. A pool knows whom it has lent what, and so does the resource itself; but nobody else has it: no
 * function of the program that goes on or may be called, no timer, no promise, no object. Where anything else is found nothing is known.
 */
export class AbandonedHolds {
  readonly #look: HolderLook;

  constructor(look: HolderLook) {
    this.#look = look;
  }

  has(held: EventContext): boolean {
    const { heap, paths, places } = this.#look;
    const node = this.#look.nodeOf(held);
    const given = node === null ? new Set<HeapNode>() : paths.givenFor(node);
    if (node === null || given.size === 0) return false;
    const lenders = this.#lendersOf(node);
    const [parts, lent] = [lentParts([...given, ...lenders], heap), lentParts(given, heap, lenders)];
    if (parts === null || lent === null || this.#isKept(given, parts, lenders)) return false;
    return !isInUse(given, lent, heap, places) && !this.#isGivenBack(node) && places.hasTime();
  }

  /** Somebody will give it back without what was given for that, as with a method of the lock. */
  #isGivenBack(held: HeapNode): boolean {
    const { givers, paths } = this.#look;
    return givers.giveBack(held, [], [], [...paths.lendersOf(held)]);
  }

  /** The lock or the pool in the package that made it, and what dept knows of it. */
  #lendersOf(held: HeapNode): ReadonlySet<HeapNode> {
    const { heap, paths } = this.#look;
    const object = heap.follow(held, OBJECT);
    const watches = object === null ? [] : heap.retainers(object).filter(({ name }) => isMade(name));
    const pools = watches.filter(({ node }) => heap.name(node) === WatchedPool.name);
    const keys = pools.flatMap(({ node }) => heap.retainers(node)).filter(({ name }) => isWeaklyKnown(name));
    const known = [...pools, ...keys].map(({ node }) => node);
    return new Set([...paths.librariesOf(held), ...known.filter((node) => heap.type(node) === 'object')]);
  }

  /** True where somebody else has what was given, or that cannot be told. */
  #isKept(given: ReadonlySet<HeapNode>, parts: ReadonlySet<HeapNode>, lenders: ReadonlySet<HeapNode>): boolean {
    const { graph, heap } = this.#look;
    const seen = new Set(given);
    for (const node of seen) {
      if (seen.size > MAX_SEEN) return true;
      for (const edge of heap.retainers(node)) {
        if (seen.has(edge.node) || lenders.has(edge.node) || !this.#leadsOn(edge, node, parts)) continue;
        const suspended = graph.functionAt(edge.node);
        const isSomebody = suspended === undefined ? this.#isSomebody(edge) : !this.#isLeft(suspended);
        if (isSomebody && this.#isAlive(edge.node)) return true;
        if (suspended === undefined && !isSomebody) seen.add(edge.node);
      }
    }
    return false;
  }

  /** It would be there without what dept keeps of it, and without the stacks that were captured. */
  #isAlive(node: HeapNode): boolean {
    const { heap } = this.#look;
    const seen = new Set([node]);
    for (const each of seen) {
      if (seen.size > MAX_SEEN || heap.type(each) === 'synthetic') return true;
      for (const edge of heap.retainers(each)) if (isReference(edge, heap)) seen.add(edge.node);
    }
    return false;
  }

  #leadsOn(edge: HeapEdge, to: HeapNode, parts: ReadonlySet<HeapNode>): boolean {
    const { heap } = this.#look;
    const { type, name, node } = edge;
    if (!isReference(edge, heap)) return false;
    // Its own parts are alive by themselves, as a socket is.
    if (heap.type(node) === 'synthetic') return !parts.has(to) && name !== PASSING;
    // A wrapper has what it wraps as a property; a part that only listens to it has it in a variable.
    return !parts.has(node) || (heap.type(to) === 'object' && (type === 'property' || isWeaklyKnown(name)));
  }

  /** Whoever may run, a root, and what is not known to belong to anybody. */
  #isSomebody({ name, node }: HeapEdge): boolean {
    const { heap, places } = this.#look;
    const kind = heap.type(node);
    if (kind === 'synthetic' || AMBIENT.test(name)) return true;
    if (kind === 'closure') return places.isOfProgram(heap.placeOf(node));
    if (heap.isPromise(node)) return isPending(node, heap);
    return heap.isReaction(node) || isNoPart(heap.name(node)) || GLOBAL.test(heap.name(node));
  }

  /** It waits for a promise that nothing is there to settle. */
  #isLeft({ awaits }: Suspended): boolean {
    const { graph, heap } = this.#look;
    const sources = graph.sourcesOf(awaits);
    return (
      sources.length > 0 &&
      sources.every((source) => heap.retainers(source).every((edge) => this.#isWaiter(edge, source)))
    );
  }

  /** Somebody who waits for a promise, or dept, refers to it: neither settles it. */
  #isWaiter({ type, name, node }: HeapEdge, promise: HeapNode): boolean {
    const { graph, heap } = this.#look;
    if (type === 'weak' || isNote(name, heap.isPromise(node)) || isKept(heap.name(node), name)) return true;
    const suspended = graph.functionAt(node);
    return suspended !== undefined && suspended.promise !== promise;
  }
}
