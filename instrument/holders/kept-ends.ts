import { namesIn } from '../heap/function-text.ts';
import type { HeapEdge, HeapGraph, HeapNode } from '../heap/heap-graph.ts';
import type { InspectorPlaces } from '../heap/inspector-places.ts';
import { promisesOf } from '../heap/marked-holds.ts';
import {
  isBeginning,
  isCallback,
  isCapturedStack,
  isClaim,
  isHold,
  isKept,
  isNote,
  isSymbol,
  isWait,
  isWeaklyKnown,
} from '../heap/own-references.ts';
import { isWhole } from '../heap/whole-function.ts';

/** Objects looked at from what gives something back up to those who have it: where there are more somebody may have it. */
const MAX_SEEN = 5_000;
/** An error knows the functions that were running, and no program gets at them by that. */
const CALL_SITE = 'system / CallSiteInfo';
/** Each property is a reference of its own, too. */
const PROPERTIES = 'system / PropertyArray';
/** While the heap is read only dept runs. */
const STACK = '(Stack roots)';
/** How dept's own functions give back by a claim. */
const GIVING_BACK = /\.(?:release|drop)\b/;

/**
 * Whether anything in a heap still has what gives something back, other than the entries of a queue that does not go on. Everything that
 * refers to it counts, whatever it is: what nothing refers to nobody can call.
 */
export class KeptEnds {
  readonly #heap: HeapGraph;
  readonly #places: InspectorPlaces;
  /** The stuck waits by what stands for them in their libraries: what is called, or settled, when the task is done that each asked for. */
  readonly #entries: ReadonlyMap<HeapNode, HeapNode>;

  /** @param waits those that are stuck */
  constructor(heap: HeapGraph, places: InspectorPlaces, waits: readonly HeapNode[]) {
    this.#heap = heap;
    this.#places = places;
    this.#entries = new Map(waits.flatMap((wait) => this.#entriesOf(wait).map((node) => [node, wait] as const)));
  }

  /** The stuck waits whose entries alone have what gives back what is held; null where anything else may have it, or nothing does. */
  keepersOf(held: HeapNode): ReadonlySet<HeapNode> | null {
    const claims = new Set(this.#claimsOf(held, isHold));
    const keepers = new Set<HeapNode>();
    const seen = new Set(claims);
    for (const node of seen) {
      if (seen.size > MAX_SEEN || !this.#places.hasTime()) return null;
      const wait = this.#entries.get(node);
      if (wait !== undefined) {
        keepers.add(wait);
        continue;
      }
      const above = claims.has(node) ? this.#endsOf(node) : this.#above(node);
      if (above === null) return null;
      for (const next of above) seen.add(next);
    }
    return keepers.size === 0 ? null : keepers;
  }

  #claimsOf(node: HeapNode, isIt: (name: string) => boolean): readonly HeapNode[] {
    const heap = this.#heap;
    const claims = heap.retainers(node).filter((edge) => isIt(edge.name) && isClaim(heap.name(edge.node)));
    return claims.map((edge) => edge.node);
  }

  /** What ends a claim, and not what begins its task, nor what it is noted on. */
  #endsOf(claim: HeapNode): readonly HeapNode[] | null {
    return this.#over(
      claim,
      ({ name, node }) => !isBeginning(name) && !isWeaklyKnown(name) && this.#heap.name(node) !== PROPERTIES,
      (closure, variable) => variable === 'this' || GIVING_BACK.test(this.#textOf(closure) ?? '.release'),
    );
  }

  /** What refers to it, as far as anybody gets at it by that; null where that is the engine itself. */
  #above(node: HeapNode): readonly HeapNode[] | null {
    return this.#over(
      node,
      () => true,
      (closure, variable) => this.#mayName(closure, variable),
    );
  }

  #over(
    node: HeapNode,
    leadsHere: (edge: HeapEdge) => boolean,
    uses: (closure: HeapNode, variable: string) => boolean,
  ): readonly HeapNode[] | null {
    const heap = this.#heap;
    const retainers = heap.retainers(node).filter((edge) => this.#isReference(edge) && leadsHere(edge));
    if (retainers.some((edge) => heap.type(edge.node) === 'synthetic')) return null;
    return retainers.flatMap(({ type, name, node: from }) =>
      type === 'context' ? this.#seeing(from, (closure) => uses(closure, name)) : [from],
    );
  }

  #isReference({ type, name, node }: HeapEdge): boolean {
    const className = this.#heap.name(node);
    if (className === STACK || isCapturedStack(className)) return false;
    if (type === 'weak') return className === 'WeakRef';
    if (className === CALL_SITE || isKept(className, name)) return false;
    return !isNote(name, this.#heap.isPromise(node));
  }

  /** Whatever can use a variable of a scope: functions that do, and those that run or have stopped there. */
  #seeing(scope: HeapNode, uses: (closure: HeapNode) => boolean): readonly HeapNode[] {
    const heap = this.#heap;
    const seeing: HeapNode[] = [];
    const scopes = new Set([scope]);
    for (const each of scopes) {
      for (const { name, node } of heap.retainers(each)) {
        if (name === 'previous') scopes.add(node);
        else if (name !== 'context' || heap.type(node) !== 'closure' || uses(node)) seeing.push(node);
      }
    }
    return seeing;
  }

  /** What dept carries has few variables. Of a text that is not read to its end nothing is known. */
  #mayName(closure: HeapNode, variable: string): boolean {
    const place = this.#heap.placeOf(closure);
    if (place === null || this.#places.isOwn(place)) return true;
    const text = this.#textOf(closure);
    const names = namesIn(text);
    return text === null || names.has(variable) || names.has('eval') || !isWhole(text);
  }

  #textOf(closure: HeapNode): string | null {
    const place = this.#heap.placeOf(closure);
    return place === null ? null : this.#places.textAt(place);
  }

  #entriesOf(wait: HeapNode): readonly HeapNode[] {
    const heap = this.#heap;
    const claims = this.#claimsOf(wait, isWait);
    const items = claims.flatMap((claim) => heap.retainers(claim).filter(({ name }) => isSymbol(name)));
    const called = claims.flatMap((claim) => heap.edges(claim).filter(({ name }) => isCallback(name)));
    const known = [...items, ...called].map(({ node }) => node);
    return [...known.filter((node) => ['closure', 'object'].includes(heap.type(node))), ...promisesOf(wait, heap)];
  }
}
