import type { EventContext } from '../../core/event-context.ts';
import { defineHow } from '../../core/how.ts';
import { Handle } from '../../sync/handle.ts';
import { enter, exit, granted, wait } from '../../sync/hooks.ts';
import { runtime, type Thread } from '../../sync/runtime.ts';
import { perWorld } from '../per-world.ts';
import { bug } from '../warn.ts';

/** A section is a reader that never waits; a wait for any fence is a writer (dma_fence_begin_signalling). */
const SECTION = defineHow({
  mode: 'read',
  trylock: true,
  startLabel: 'dma_fence_begin_signalling',
  waitLabel: 'dma_fence_begin_signalling',
  eventLabel: 'dma_fence_end_signalling',
});
const MIGHT_WAIT = defineHow({
  startLabel: '__dma_fence_might_wait',
  waitLabel: '__dma_fence_might_wait',
  eventLabel: '__dma_fence_might_wait',
});

/** Class of the one annotation all fences share (`dma_fence_lockdep_map`). */
export const DMA_FENCE_MAP = 'dma_fence_map';

interface Sections {
  readonly handle: Handle;
  /** The threads inside a section. */
  readonly open: Map<Thread | null, EventContext | null>;
}

const sections: () => Sections = perWorld(() => ({
  handle: new Handle('lockdep_map', { name: DMA_FENCE_MAP }),
  open: new Map<Thread | null, EventContext | null>(),
}));

/** True inside a section, and in atomic context, which counts as one. */
export function dmaFenceIsSignalling(): boolean {
  const thread = runtime().thread;
  return sections().open.has(thread) || thread?.atomic === true;
}

/**
 * `dma_fence_begin_signalling`: from here to `dmaFenceEndSignalling` everything is needed for some fence to complete. It
 * begins where the fence becomes visible to others.
 *
 * @returns the cookie for the end; true when nothing was done: inside a section already, or in atomic context
 */
export function dmaFenceBeginSignalling(): boolean {
  if (dmaFenceIsSignalling()) return true;
  const { handle, open } = sections();
  const thread = runtime().thread;
  open.set(thread, enter(handle.object, SECTION));
  return false;
}

/** `dma_fence_end_signalling`. @throws DeptError `ERR_DEPT_BUG` for a cookie of a section that is not open */
export function dmaFenceEndSignalling(cookie: boolean): void {
  if (cookie) return;
  const { handle, open } = sections();
  const thread = runtime().thread;
  const held = open.get(thread);
  if (held === undefined) bug('dma_fence_end_signalling without its begin; pass the cookie it returned', handle.object);
  open.delete(thread);
  exit(held);
}

/**
 * `__dma_fence_might_wait`: called before any wait for a fence. The section the caller is in is left for it, so a wait
 * inside a section is not found this way; the wait's own class finds it.
 */
export function dmaFenceMightWait(): void {
  const { handle, open } = sections();
  const thread = runtime().thread;
  const held = open.get(thread);
  if (held !== undefined) exit(held);
  exit(granted(wait(handle.object, MIGHT_WAIT)));
  if (held !== undefined) open.set(thread, enter(handle.object, SECTION));
}
