import type { Context } from '../../core/context.ts';
import type { EventContext } from '../../core/event-context.ts';
import { defineHow } from '../../core/how.ts';
import type { Session } from '../../core/session.ts';
import type { Wait } from '../../core/wait.ts';
import { activeSession, blocked, enter, exit, wait, waited } from '../../sync/hooks.ts';
import type { DmaFence } from './fence.ts';
import { FENCE_EVENT } from './fence-sleep.ts';

const CALLBACK = defineHow({ ...FENCE_EVENT, waitLabel: 'dma_fence_add_callback' });

/**
 * The thread of control of a fence that is signaled because others are, without a task that waits: from
 * `enable_signaling` on it owes the fence, and waits for what its callbacks are on. It exists for DEPT only, and where
 * the fences have classes of their own.
 */
export class DmaFenceFollower {
  readonly #name: string;
  readonly #fence: () => DmaFence;
  readonly #waits = new Map<DmaFence, Wait | null>();
  #session: Session | null = null;
  #context: Context | null = null;
  #owed: EventContext | null = null;

  constructor(name: string, fence: () => DmaFence) {
    this.#name = name;
    this.#fence = fence;
  }

  /** A callback on this fence was installed. */
  waitsFor(other: DmaFence): void {
    const { map } = other;
    if (map === null || this.#fence().map === null) return;
    this.#speak(() => {
      const begun = wait(map.object, CALLBACK);
      this.#waits.set(other, begun);
      blocked(begun);
    });
  }

  /** The callback runs, in the thread that signals. */
  fired(other: DmaFence): void {
    waited(this.#waits.get(other) ?? null);
    this.#waits.delete(other);
  }

  /** The fence is about to be signaled: from here whoever does it owes it. */
  end(): void {
    if (this.#context === null) return;
    this.#speak(() => exit(this.#owed));
    if (this.#session === activeSession()) this.#session?.endContext(this.#context);
    this.#context = null;
    this.#owed = null;
  }

  /** Hook points speak for this thread of control while `say` runs. */
  #speak(say: () => void): void {
    const session = activeSession();
    if (session === null) return;
    const before = session.current;
    if (this.#context === null || this.#session !== session) {
      this.#session = session;
      this.#context = session.exactContext(this.#name, 'work');
      session.current = this.#context;
      this.#owed = enter(this.#fence().map?.object ?? null, FENCE_EVENT);
    }
    session.current = this.#context;
    say();
    session.current = before;
  }
}
