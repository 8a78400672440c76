import type { IrqType } from '../core/irq.ts';
import { activeSession } from './hooks.ts';
import { deferred, type Parked } from './parked.ts';

/** Why a thread stops: shown for threads that are stuck. */
export interface ParkReason {
  /** Operation and object, as in `lock(A)`. */
  readonly what: string;
  /** Busy-waits, which is allowed where sleeping is not. */
  readonly spins: boolean;
}

/** The simulated thread, or interrupt on top of it, that runs now: the kernel's `current` and its preempt count. */
export interface Thread {
  readonly name: string;
  /** Aborted while a signal is pending: ends interruptible sleeps. */
  readonly signal: AbortSignal;
  /** Spinlocks held and preemption switched off: above 0 sleeping is forbidden. */
  preemptCount: number;
  /** Nested `local_bh_disable()`. */
  bhDepth: number;
  /** Classic RCU readers open: sleeping is forbidden. */
  rcuNesting: number;
  /** True for an interrupt handler (`in_interrupt()`). */
  readonly interrupt: boolean;
  readonly hardirqs: boolean;
  readonly softirqs: boolean;
  /** True where sleeping is forbidden (`in_atomic() || irqs_disabled()`). */
  readonly atomic: boolean;
  /** Switches interrupts of one type on or off for this thread; deferred handlers follow when they go on. */
  setIrq(irq: IrqType, enabled: boolean): void;
}

/** What a spawned body runs as. */
export type SpawnKind = 'task' | 'work' | 'softirq';

/** The one place where primitives stop, take the time and start something. */
export interface Runtime {
  /** Milliseconds since some fixed moment. */
  now(): number;
  /** Calls back once after `ms` milliseconds. @returns what cancels it */
  timer(callback: () => void, ms: number): () => void;
  /** Stops the caller, who awaits the promise at once. */
  park<T>(why: ParkReason): Parked<T>;
  /** Starts a body later, never synchronously, as a context of its own. What it throws is the runtime's to report. */
  spawn(name: string, kind: SpawnKind, body: () => Promise<void>): void;
  /** Who runs now; null outside a simulation, where owners are unknown. */
  readonly thread: Thread | null;
}

/** The longest delay of a host timer; longer ones are made of several. */
const MAX_TIMER_MS = 2 ** 31 - 1;

function hostTimer(callback: () => void, ms: number): () => void {
  let left = ms;
  let id: ReturnType<typeof setTimeout>;
  const arm = (): void => {
    const part = Math.min(left, MAX_TIMER_MS);
    left -= part;
    id = setTimeout(left > 0 ? arm : callback, part);
  };
  arm();
  return () => clearTimeout(id);
}

/** Starts a body that speaks for a context of this name; the attribution carries that on through its promises. */
function asContext(name: string, body: () => Promise<void>): Promise<void> {
  const session = activeSession();
  if (session === null) return body();
  const before = session.current;
  session.current = session.asyncContext(name);
  try {
    return body();
  } finally {
    session.current = before;
  }
}

/** Plain promises and the host's timers. */
export const hostRuntime: Runtime = Object.freeze({
  thread: null,
  now: () => performance.now(),
  timer: hostTimer,
  park: deferred,
  spawn(name: string, _kind: SpawnKind, body: () => Promise<void>): void {
    void Promise.resolve().then(() => asContext(name, body));
  },
});

let current: Runtime = hostRuntime;

/** The runtime in force. */
export function runtime(): Runtime {
  return current;
}

/** Puts a runtime in force. @returns the one it replaces */
export function setRuntime(next: Runtime): Runtime {
  const before = current;
  current = next;
  return before;
}
