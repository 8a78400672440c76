import type { Wait } from '../../src/core/wait.ts';
import type { Step } from '../../src/tracker/stuck-waits.ts';
import { Connections } from '../node/connections.ts';
import { callbackOf } from '../patches/called-back.ts';
import type { HeapGraph, HeapNode } from './heap-graph.ts';
import { isFollowed, isGiven, isHistory, isSettling, isStep } from './own-references.ts';

const MARKED: keyof MarkedHolds = 'marked';

/** What is held and waited for, the callbacks of the waits, and the connections of the process to itself, so that it is found again in a snapshot that is taken while this is there. */
export class MarkedHolds {
  readonly marked: Readonly<Record<string, object>>;
  /** The handles of these connections. */
  readonly own: readonly object[];

  /** @param others whatever else is to be found again */
  constructor(steps: readonly Step[], stuck: ReadonlySet<Wait>, others: readonly object[] = []) {
    const callbacks = steps.flatMap(({ wait }) => callbackOf(wait) ?? []);
    this.own = Connections.now()?.ownHandles ?? [];
    const holds = steps.flatMap(({ wait, held }) => [wait, held]);
    const all = new Set([...holds, ...stuck, ...callbacks, ...this.own, ...others]);
    this.marked = Object.fromEntries([...all].map((each, index) => [`mark${index}`, each]));
  }

  /** Where each of them is in the heap. */
  nodesIn(heap: HeapGraph): ReadonlyMap<object, HeapNode> {
    for (let node = 0; node < heap.size; node++) {
      if (heap.name(node) !== MarkedHolds.name || heap.type(node) !== 'object') continue;
      const marked = heap.follow(node, MARKED);
      if (marked === null) continue;
      const nodes = new Map(heap.edges(marked).map((edge) => [edge.name, edge.node]));
      return new Map(
        Object.entries(this.marked).flatMap(([name, each]): [object, HeapNode][] => {
          const found = nodes.get(name);
          return found === undefined ? [] : [[each, found]];
        }),
      );
    }
    return new Map();
  }
}

/** The function that was given to a timer, where dept carries it through. */
export function carriedBy(fn: HeapNode, heap: HeapGraph): HeapNode {
  const scope = heap.follow(fn, 'context');
  const given = scope === null ? undefined : heap.edges(scope).find(({ name }) => isGiven(name));
  return given?.node ?? fn;
}

/** True when what the promise, or the function that dept carries through a timer, has behind it goes on from there. */
export function hasBehind(node: HeapNode, held: HeapNode, heap: HeapGraph): boolean {
  const from = heap.follow(node, 'context') ?? node;
  const histories = heap.edges(from).filter(({ name }) => isHistory(name));
  const seen = new Set(histories.map((edge) => edge.node));
  for (const step of seen) {
    if (step === held) return true;
    for (const { name, node: next } of heap.edges(step)) {
      if (isStep(name)) seen.add(next);
    }
  }
  return false;
}

/** True for a promise of which it is known what it has behind it. */
export function isNoted(promise: HeapNode, heap: HeapGraph): boolean {
  return heap.edges(promise).some(({ name }) => isHistory(name));
}

/** The promises that settle when this wait is over, or later: what its waiter was given, and those that are followed for it. */
export function promisesOf(wait: HeapNode | null, heap: HeapGraph): readonly HeapNode[] {
  if (wait === null) return [];
  const bound = heap.retainers(wait).filter(({ name }) => isSettling(name));
  const lists = heap.retainers(wait).filter(({ type }) => type === 'element' || type === 'internal');
  const arrays = lists.flatMap(({ node }) => [
    { node },
    ...heap.retainers(node).filter(({ name }) => name === 'elements'),
  ]);
  const followed = arrays.flatMap(({ node }) => heap.retainers(node).filter(({ name }) => isFollowed(name)));
  return [...new Set([...bound, ...followed].map(({ node }) => node))].filter((node) => heap.isPromise(node));
}
