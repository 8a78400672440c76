import type { HeapNode } from '../heap/heap-graph.ts';
import { hasBehind } from '../heap/marked-holds.ts';
import { type Suspended, withAwaiters } from '../heap/suspended-graph.ts';
import type { HolderLook } from './holder-look.ts';

/**
 * True when none of the holders has to wait until what was asked for comes: on each way to him somebody awaits a race against a timer, or
 * what a timer settles if nothing else does before.
 * @param asked the promises that were given for it
 * @param waiters those who stand where it was asked for
 * @param since what must be behind a function whose time limit counts; null where that of any function does
 */
export function isTimeLimited(
  asked: readonly HeapNode[],
  waiters: readonly Suspended[],
  holders: readonly Suspended[],
  since: HeapNode | null,
  look: HolderLook,
): boolean {
  const { graph } = look;
  const mayBe = ({ promise }: Suspended): boolean =>
    since === null || (promise !== null && hasBehind(promise, since, look.heap));
  const unlimited = graph.functions.filter((each) => !mayBe(each) || !hasTimeLimit(each, asked, look));
  if (unlimited.length === graph.functions.length) return false;
  const isFirst = ({ awaits }: Suspended): boolean => {
    const chain = graph.chainTo(awaits);
    return asked.some((promise) => chain.has(promise));
  };
  const first = unlimited.filter((each) => isFirst(each) || (asked.length === 0 && waiters.includes(each)));
  const stopped = withAwaiters(first, unlimited);
  return !holders.some((holder) => stopped.has(holder));
}

function hasTimeLimit({ awaits }: Suspended, asked: readonly HeapNode[], { graph, timers }: HolderLook): boolean {
  const isTimed = (promise: HeapNode): boolean => !asked.includes(promise) && timers.settling(promise).length > 0;
  const all = graph.sourcesOf(awaits).length;
  return [...graph.chainTo(awaits)].some((promise) => {
    // Not one of several that it waits for.
    if (graph.sourcesOf(promise).length < all) return false;
    return isTimed(promise) || graph.racersOf(promise).some((racer) => graph.sourcesOf(racer).every(isTimed));
  });
}
