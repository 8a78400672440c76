import type { HeapEdge, HeapGraph } from './heap-graph.ts';
import { isKept, isNote, isRecord } from './own-references.ts';

/** What the engine notes of code and of stacks. */
const NOTED = /^system \/ (?:CallSiteInfo|StackFrameInfo|StackTraceFrame|FeedbackVector|FeedbackCell)$/;
const NO_OBJECT: ReadonlySet<string> = new Set(['code', 'object shape']);
const NATIVE = 'native';

/**
 * True for a reference by which a program may come to what it leads to: not what the engine notes of code and of stacks, nor what dept
 * notes or keeps.
 * @param edge `node` is what has the reference
 */
export function isReference({ type, name, node }: HeapEdge, heap: HeapGraph): boolean {
  if (type === 'weak' || type === 'shortcut' || name === '__proto__' || name === 'map') return false;
  if (isNote(name, heap.isPromise(node))) return false;
  const className = heap.name(node);
  const kind = heap.type(node);
  if (NO_OBJECT.has(kind) || (kind === NATIVE && !heap.isOfEngine(node))) return false;
  return !NOTED.test(className) && !isRecord(className) && !isKept(className, name);
}
