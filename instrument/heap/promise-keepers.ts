import type { HeapGraph, HeapNode } from './heap-graph.ts';
import { resolveFunctions } from './held-resolvers.ts';

/** Objects looked at for one promise, and those that too many refer to. */
const MAX_SEEN = 600;
const MAX_RETAINERS = 100;

/** What belongs to the outside: an answer from there may settle what is kept beside it. */
const OUTSIDE = /^(?:Socket|TLSSocket|ChildProcess|Worker|MessagePort|ClientRequest|Http2Session|WebSocket|FSWatcher)$/;
const MAX_DEPTH = 3;

/** The objects that keep what would settle the promise: maps and queues of it, emitters it listens to, and what these are parts of. */
export function keepersOf(promise: HeapNode, heap: HeapGraph): ReadonlySet<HeapNode> {
  const keepers = new Set<HeapNode>();
  const seen = new Set(resolveFunctions(promise, heap));
  for (const node of seen) {
    const retainers = seen.size > MAX_SEEN ? [] : heap.retainers(node);
    if (retainers.length > MAX_RETAINERS) continue;
    for (const { node: retainer, type, name } of retainers) {
      if (type === 'weak' || type === 'shortcut' || name === '__proto__') continue;
      const isFunction = heap.type(retainer) === 'closure';
      const isScope = heap.name(retainer).endsWith('Context');
      // A scope keeps its functions; what objects it knows is not theirs to settle.
      if (isScope ? heap.type(node) === 'closure' : isFunction ? isScopeOf(name) : isObject(retainer, heap)) {
        seen.add(retainer);
        if (!isFunction && !isScope) keepers.add(retainer);
      }
    }
  }
  return keepers;
}

/** True for what has a connection to another process, or to another thread, among its parts. */
export function isConnected(object: HeapNode, heap: HeapGraph): boolean {
  const depths = new Map([[object, 0]]);
  for (const [node, depth] of depths) {
    if (OUTSIDE.test(heap.name(node))) return true;
    if (depth === MAX_DEPTH || depths.size > MAX_SEEN) continue;
    for (const { node: part, type, name } of heap.edges(node)) {
      const isPart = (type === 'property' || type === 'element' || name === 'elements') && name !== '__proto__';
      // The elements of a list are its own.
      if (isPart && isObject(part, heap) && !depths.has(part))
        depths.set(part, name === 'elements' ? depth : depth + 1);
    }
  }
  return false;
}

function isScopeOf(name: string): boolean {
  return name === 'context' || name.startsWith('bound_');
}

function isObject(node: HeapNode, heap: HeapGraph): boolean {
  return (
    ['object', 'array'].includes(heap.type(node)) && !heap.isPromise(node) && !heap.name(node).startsWith('system')
  );
}
