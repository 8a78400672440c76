import type { EventContext } from '../../src/core/event-context.ts';
import type { Session } from '../../src/core/session.ts';
import type { Stack } from '../../src/core/stack.ts';
import { activeSession, failed } from '../../src/sync/hooks.ts';
import { OwnWeakRef } from '../own-weak-ref.ts';
import { monotonicMs } from '../process/monotonic-clock.ts';

/** Waits kept of one end: the next message ends all of them, so the newest are as good as any. */
const KEPT_EACH = 16;

/** Stacks taken between two looks: a program that asks its workers thousands of times a second pays for these only. */
const STACKS_EACH_LOOK = 100;

/** A wait for the next message of another thread. */
export interface MessageWait {
  readonly id: number;
  /** The thread that has to send it. */
  readonly thread: number;
  readonly stack: Stack | null;
  /** What the code that waits owes meanwhile. */
  readonly holds: readonly EventContext[];
  readonly sinceMs: number;
  /** Keeps neither side of the wait alive. */
  readonly isOpen: () => boolean;
}

const NOTHING: readonly EventContext[] = [];

let current: MessageWaits | null = null;

/** The program waits in this thread for the next message of another one, as long as `isOpen` says so. */
export function messageAwaited(end: object, thread: number, isOpen: () => boolean): void {
  current?.add(end, thread, isOpen);
}

/** From now on the waits of this thread are known. */
export function followMessages(session: Session): MessageWaits {
  current = new MessageWaits(session);
  return current;
}

/** What this thread awaits of others, by the end that a message would come to. Costs an entry for each wait. */
export class MessageWaits {
  readonly #session: Session;
  #waits = new WeakMap<object, MessageWait[]>();
  #ends: WeakRef<object>[] = [];
  #last = 0;
  #stacks = STACKS_EACH_LOOK;

  constructor(session: Session) {
    this.#session = session;
  }

  add(end: object, thread: number, isOpen: () => boolean): void {
    if (activeSession() !== this.#session) return;
    try {
      const waits = this.#of(end);
      if (waits.length === KEPT_EACH) waits.shift();
      const stack = this.#stacks-- > 0 ? this.#session.capture() : null;
      const wait = { id: ++this.#last, thread, stack, holds: this.#holds(), sinceMs: monotonicMs(), isOpen };
      waits.push(wait);
    } catch (fault) {
      failed(fault, this.#session);
    }
  }

  /** Those that have lasted that long; whatever is over is forgotten. */
  lasting(forMs: number): readonly MessageWait[] {
    this.#stacks = STACKS_EACH_LOOK;
    try {
      return this.#ends.length === 0 ? [] : this.#open(forMs);
    } catch (fault) {
      failed(fault, this.#session);
      return [];
    }
  }

  #open(forMs: number): readonly MessageWait[] {
    const nowMs = monotonicMs();
    const open: MessageWait[] = [];
    const isAwaited = (ref: WeakRef<object>): boolean => {
      const end = ref.deref();
      const waits = end === undefined ? [] : (this.#waits.get(end) ?? []).filter(({ isOpen }) => isOpen());
      if (end !== undefined && waits.length === 0) this.#waits.delete(end);
      else if (end !== undefined) this.#waits.set(end, waits);
      open.push(...waits.filter(({ sinceMs }) => nowMs - sinceMs >= forMs));
      return waits.length > 0;
    };
    this.#ends = this.#ends.filter(isAwaited);
    return open;
  }

  #of(end: object): MessageWait[] {
    const known = this.#waits.get(end);
    if (known !== undefined) return known;
    const made: MessageWait[] = [];
    this.#waits.set(end, made);
    this.#ends.push(new OwnWeakRef(end));
    return made;
  }

  #holds(): readonly EventContext[] {
    let holds: EventContext[] | null = null;
    this.#session.current.forEachHeld((held) => {
      if (held.object.key.kind !== 'web-lock') return;
      holds ??= [];
      holds.push(held);
    });
    return holds ?? NOTHING;
  }
}
