import type { EventContext } from '../../src/core/event-context.ts';
import type { Wait } from '../../src/core/wait.ts';
import type { Step } from '../../src/tracker/stuck-waits.ts';
import { inHeap } from '../heap/in-heap.ts';
import { MarkedHolds } from '../heap/marked-holds.ts';
import { AbandonedHolds } from './abandoned-holds.ts';
import { HolderLook } from './holder-look.ts';

/** The waits for what nobody can give back in sufficient number, as the heap shows. */
export function abandonedWaits(steps: readonly Step[], budgetMs: number): ReadonlySet<Wait> {
  const waits = new Set(steps.map(({ wait }) => wait));
  const marked = new MarkedHolds(steps, waits);
  return inHeap(budgetMs, (heap, places) => {
    const abandoned = new AbandonedHolds(new HolderLook(heap, places, marked, waits));
    const holds = new Set(steps.map(({ held }) => held));
    const gone = new Set([...holds].filter((held) => abandoned.has(held)));
    return new Set([...waits].filter((wait) => isShort(wait, steps, gone)));
  });
}

/** There will never be as many permits as it asks for. */
function isShort(wait: Wait, steps: readonly Step[], gone: ReadonlySet<EventContext>): boolean {
  const lost = steps.filter((step) => step.wait === wait && gone.has(step.held));
  const permits = lost.reduce((sum, { held }) => sum + (held.more?.permits ?? 1), 0);
  return wait.object.key.capacity - permits < (wait.more?.permits ?? 1);
}
