import type { Frame, Stack } from '../../src/core/stack.ts';
import type { Step } from '../../src/tracker/stuck-waits.ts';
import { type HeapGraph, takeHeapGraph } from './heap-graph.ts';
import { InspectorPlaces } from './inspector-places.ts';
import { definitionOf, isModule, isReadWithin } from './stall-picture.ts';
import { type Suspended, SuspendedGraph } from './suspended-graph.ts';

/** A suspended function and where it begins. */
interface Written {
  readonly each: Suspended;
  readonly name: string;
  readonly at: Frame;
}

/**
 * True when the heap shows that somebody goes on who was taken to be stuck: a function that has taken what others wait for
 * and does not await, over any number of functions, the one that waits in its name. It has started that one aside.
 * False where it shows nothing of the kind, or is too large to be read within the budget: nothing is known then.
 */
export function someHolderGoesOn(circles: readonly (readonly Step[])[], budgetMs: number): boolean {
  if (circles.length === 0 || !isReadWithin(budgetMs)) return false;
  const heap = takeHeapGraph();
  const graph = new SuspendedGraph(heap);
  const places = new InspectorPlaces(budgetMs);
  try {
    const written = graph.functions.flatMap((each) => whereWritten(each, heap, places) ?? []);
    return circles.some((circle) => circle.some((step) => goesOn(step, graph, written)));
  } finally {
    places.close();
  }
}

function goesOn({ wait, held }: Step, graph: SuspendedGraph, written: readonly Written[]): boolean {
  const waiters = functionsOn(wait.stack, written);
  const holders = functionsOn(held.stack, written);
  if (waiters.length === 0 || holders.length === 0) return false;
  const stopped = withAwaiters(waiters, graph.functions);
  if (holders.some((holder) => stopped.has(holder))) return false;
  // Whoever has asked for a reaction may go on with it in a way that the heap does not show.
  const isLast = (each: Suspended): boolean => graph.functions.every(({ waitsFor }) => !waitsFor.includes(each));
  return [...stopped].filter(isLast).every((each) => graph.isAside(each));
}

/** These and all that await one of them, directly or not. */
function withAwaiters(waiters: readonly Suspended[], functions: readonly Suspended[]): ReadonlySet<Suspended> {
  const stopped = new Set(waiters);
  for (const each of stopped) for (const other of functions) if (other.waitsFor.includes(each)) stopped.add(other);
  return stopped;
}

/** The suspended functions that the innermost frame may stand for which stands for any. */
function functionsOn(stack: Stack | null, written: readonly Written[]): readonly Suspended[] {
  for (const frame of stack?.frames ?? []) {
    const name = plainName(frame);
    const around = written.filter((one) => one.name === name && one.at.path === frame.path && begins(one.at, frame));
    // Where several begin before the place, it is in the last of them.
    const closest = around.filter(({ at }) => around.every((other) => begins(other.at, at)));
    if (closest.length > 0) return closest.map(({ each }) => each);
  }
  return [];
}

/** True when the first place is before the second one, or the same. */
function begins(first: Frame, second: Frame): boolean {
  return first.line < second.line || (first.line === second.line && first.column <= second.column);
}

/** Of `async Orders.place [as run]` the heap knows `place`. */
function plainName({ functionName }: Frame): string {
  const name = (functionName ?? '').replace(/ \[as .*\]$/, '').replace(/^.*[. ]/, '');
  return name === '<anonymous>' ? '' : name;
}

/** Null for the generators that compilers make of async functions: the heap does not show who awaits what they compute. */
function whereWritten(each: Suspended, heap: HeapGraph, places: InspectorPlaces): Written | null {
  if (each.promise === null && !isModule(each, heap)) return null;
  const at = definitionOf(each, heap, places)?.frames[0];
  return at === undefined ? null : { each, name: heap.name(each.fn), at };
}
