import type { HeapGraph, HeapNode } from './heap-graph.ts';
import { resolveFunctions } from './held-resolvers.ts';
import type { ListOwner } from './list-owners.ts';

const MAX_SEEN = 100;
const MAX_RETAINERS = 50;
/** What `once` of an emitter makes of a listener: a bound function, and the object it is bound to. */
const OF_LISTENER = /^(?:listener|bound_this)$/;

/**
 * The owner of the listeners that settle the promise, where a program makes a lock of an emitter: the emitter, if its class is one of
 * the program's own, else who has it. Null where no listener settles it, or one for an event whose name is a symbol.
 */
export function emitterOwnerOf(promise: HeapNode, heap: HeapGraph): ListOwner | null {
  const seen = new Set(resolveFunctions(promise, heap));
  for (const node of seen) {
    if (seen.size > MAX_SEEN) return null;
    const retainers = heap.retainers(node);
    if (retainers.length > MAX_RETAINERS) continue;
    for (const { node: above, type, name } of retainers) {
      if (type === 'weak' || type === 'shortcut') continue;
      // Nobody waits for a failure.
      const emitter = type === 'property' && name !== 'error' ? emitterOf(above, heap) : null;
      if (emitter !== null) return ownerOfEmitter(emitter, name, heap);
      for (const next of leadingOn(above, name, type, heap)) seen.add(next);
    }
  }
  return null;
}

/** The emitter whose listeners by event this is. */
function emitterOf(events: HeapNode, heap: HeapGraph): HeapNode | null {
  if (heap.type(events) !== 'object') return null;
  return heap.retainers(events).find(({ type, name }) => type === 'property' && name === '_events')?.node ?? null;
}

function leadingOn(above: HeapNode, name: string, type: string, heap: HeapGraph): readonly HeapNode[] {
  // The resolve function is a variable of a scope that listeners see.
  if (heap.name(above).endsWith('Context')) return type === 'context' ? heap.functionsOver(above) : [];
  // Several listeners of one event are an array.
  const isList = heap.type(above) === 'array' || (heap.type(above) === 'object' && heap.name(above) === 'Array');
  return isList || OF_LISTENER.test(name) ? [above] : [];
}

function ownerOfEmitter(emitter: HeapNode, event: string, heap: HeapGraph): ListOwner | null {
  const found = { name: event, settlers: null, isEvent: true } as const;
  if (heap.name(emitter) !== 'EventEmitter') return { ...found, node: emitter, isScope: false };
  for (const { node, type } of heap.retainers(emitter)) {
    if (type === 'property' && heap.type(node) === 'object') return { ...found, node, isScope: false };
    if (type === 'context' && heap.name(node).endsWith('Context')) return { ...found, node, isScope: true };
  }
  return null;
}
