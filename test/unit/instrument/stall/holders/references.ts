import type { HeapGraph, HeapNode } from '../../../../../instrument/heap/heap-graph.ts';
import { isCapturedStack } from '../../../../../instrument/heap/own-references.ts';

/** Classes of dept that the rules lead to. */
const OWN = /^(?:Claim|Wait|EventContext|Joined)$/;
/** An object of a package, and what is known of it. */
const INSTANCE = 'AwaitLock';

/** How dept's own objects refer to each other in a heap, once each: whose reference, its name, and what it leads to. */
export function ownReferences(heap: HeapGraph): readonly string[] {
  const found = new Set<string>();
  const add = (from: string, name: string, to: string): void => void found.add(`${from}|${name}|${to}`);
  for (let node = 0; node < heap.size; node++) {
    const from = classOf(node, heap);
    if (from === null) continue;
    // Of a function those variables count that others have of it.
    if (heap.type(node) === 'closure') {
      const named = from === 'answering' ? heap.retainers(node).filter(({ type }) => type === 'context') : [];
      for (const { name } of named) add('', name, from);
      continue;
    }
    for (const edge of heap.edges(node)) {
      if (edge.type !== 'property') continue;
      const to = classOf(edge.node, heap) ?? '';
      if (edge.name.startsWith('#') && from === 'Promise')
        add(from, edge.name, OWN.test(to) || to === 'Array' ? to : '');
      else if (edge.name.startsWith('<symbol dept')) add('', edge.name, '');
      else if (from === INSTANCE && edge.name.startsWith('#')) add(from, edge.name, to);
      else if (OWN.test(to) || from === 'Claim') add(from, edge.name, to);
    }
  }
  return [...found].sort();
}

/** True when the class of captured stacks is found by its name. */
export function hasCapturedStacks(heap: HeapGraph): boolean {
  for (let node = 0; node < heap.size; node++)
    if (isCapturedStack(heap.name(node)) && heap.type(node) === 'object') return true;
  return false;
}

/** A bundler, and the loader of TypeScript, put an underscore before a class that knows itself. */
function classOf(node: HeapNode, heap: HeapGraph): string | null {
  return ['object', 'closure'].includes(heap.type(node)) ? heap.name(node).replace(/^_/, '') : null;
}
