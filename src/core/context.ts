import type { EventContext } from './event-context.ts';
import type { History } from './history.ts';
import { type ContextId, NEVER, PENDING, type Tick } from './ids.ts';
import { IrqState } from './irq.ts';
import type { TrackedObject } from './tracked-object.ts';
import type { Wait } from './wait.ts';

/** Kinds of logical threads of control; `async` is a chain of promise reactions, `main` what runs outside every named one. */
export type ContextKind = 'main' | 'async' | 'task' | 'work' | 'softirq' | 'hardirq';

/**
 * A logical thread of control: what it owes now and what it has waited for. Two kinds exist: an exact one (a simulated
 * task, a replayed context) keeps both itself; an asynchronous slice reads them from its causal history.
 */
export interface Context {
  readonly id: ContextId;
  readonly name: string;
  readonly kind: ContextKind;
  /** False: a hard interrupt handler that no configuration moves to a thread (IRQF_NO_THREAD); nothing in it may sleep. */
  readonly threaded?: boolean;
  /** True: holds and waits certainly belong together. False: a hold seen while waiting is confirmed when it is released. */
  readonly exact: boolean;
  /** Running number of the current system call, work item or interrupt (`ctxt_id`). */
  readonly activity: number;
  /** Interrupt state of a simulated context, null elsewhere. */
  readonly irqs: IrqState | null;
  /** The causal history of the code that runs now, null in an exact context. */
  readonly history: History | null;
  /** End of the youngest wait that was forgotten because there was no room; 0 = none was. */
  readonly forgotten: Tick;
  /** Open event contexts, newest first. */
  forEachHeld(visit: (held: EventContext) => void): void;
  /** The newest open event context of this object: its own before those of others who have let it go on. */
  heldOf(object: TrackedObject): EventContext | null;
  /** Remembered waits whose interval ends after `since`, oldest first in an exact context. */
  forEachWait(since: Tick, visit: (wait: Wait) => void): void;
  /** Remembers the wait; a full ring forgets its oldest one. A repeated wait for one object takes one place. */
  addWait(wait: Wait): void;
  /** @returns false when no further event context can be recorded */
  addHeld(held: EventContext): boolean;
  removeHeld(held: EventContext): void;
}

/** A context with its own stack of event contexts and its own ring of waits: a task, a work item, an interrupt. */
export class ExactContext implements Context {
  readonly id: ContextId;
  readonly name: string;
  readonly kind: ContextKind;
  threaded = true;
  readonly exact: boolean = true;
  readonly history: History | null = null;
  readonly irqs: IrqState;
  activity = 1;
  forgotten: Tick = NEVER;
  readonly #held: EventContext[] = [];
  readonly #waits: Wait[] = [];
  #next = 0;
  readonly #maxHeld: number;
  readonly #maxWaits: number;

  constructor(id: ContextId, name: string, kind: ContextKind, maxHeld: number, maxWaits: number) {
    this.id = id;
    this.name = name;
    this.kind = kind;
    this.#maxHeld = maxHeld;
    this.#maxWaits = maxWaits;
    this.irqs = new IrqState(kind !== 'hardirq', kind !== 'hardirq' && kind !== 'softirq');
  }

  get heldCount(): number {
    return this.#held.length;
  }

  /** A new system call, work item or interrupt begins: waits from before it can no longer explain later events. */
  bumpActivity(): void {
    this.activity++;
  }

  forEachHeld(visit: (held: EventContext) => void): void {
    for (let i = this.#held.length - 1; i >= 0; i--) visit(this.#held[i] as EventContext);
  }

  heldOf(object: TrackedObject): EventContext | null {
    return this.#held.findLast((held) => held.object === object) ?? null;
  }

  forEachWait(since: Tick, visit: (wait: Wait) => void): void {
    const n = this.#waits.length;
    for (let k = 0; k < n; k++) {
      const wait = this.#waits[(this.#next + k) % n] as Wait;
      if (wait.endsAfter(since)) visit(wait);
    }
  }

  addWait(wait: Wait): void {
    const n = this.#waits.length;
    const newest = (this.#next + n - 1) % n;
    const last = this.#waits[newest];
    if (last !== undefined && isRepeat(last, wait)) {
      this.#waits[newest] = wait;
      return;
    }
    if (n < this.#maxWaits) {
      this.#waits.push(wait);
      return;
    }
    const oldest = this.#waits[this.#next];
    if (oldest?.endsAfter(this.forgotten) === true) this.forgotten = oldest.fired ?? PENDING;
    this.#waits[this.#next] = wait;
    this.#next = (this.#next + 1) % this.#maxWaits;
  }

  addHeld(held: EventContext): boolean {
    if (this.#held.length >= this.#maxHeld) return false;
    this.#held.push(held);
    return true;
  }

  removeHeld(held: EventContext): void {
    const at = this.#held.lastIndexOf(held);
    if (at >= 0) this.#held.splice(at, 1);
  }
}

/** As in the kernel's history (add_hist), but for one object rather than one class, so that instances are not lost. */
function isRepeat(last: Wait, wait: Wait): boolean {
  return (
    last.object === wait.object &&
    last.how === wait.how &&
    last.activity === wait.activity &&
    last.timed === wait.timed &&
    last.more?.group === wait.more?.group
  );
}
