import type { Stack } from '../../src/core/stack.ts';
import { activeHandles } from '../process/active-handles.ts';

/** Its number, as Node gives it. */
export const MAIN_THREAD = 0;

/** What only another thread can give. */
export type Wanted =
  | { readonly kind: 'message'; readonly thread: number }
  | { readonly kind: 'lock'; readonly name: string; readonly isShared: boolean }
  /** A notification of shared memory, which any other thread may give. */
  | { readonly kind: 'memory'; readonly name: string };

/** A lock of `navigator.locks` that is held. */
export interface KeptLock {
  readonly name: string;
  readonly isShared: boolean;
  readonly stack: Stack | null;
}

/** A wait of one thread for another one. Plain data: it goes from thread to thread. */
export interface SharedWait {
  /** Of its thread; the same as long as the wait lasts. */
  readonly id: number;
  /** Who waits, without the thread. */
  readonly contextName: string;
  readonly label: string;
  readonly wanted: Wanted;
  readonly stack: Stack | null;
  /** What cannot be given back before the wait is over. */
  readonly keeps: readonly KeptLock[];
}

/** How a thread stands. */
export interface ThreadStand {
  readonly thread: number;
  /** Those that have lasted. */
  readonly waits: readonly SharedWait[];
  /** Neither the thread itself nor anybody outside of the process can let anything in it go on. */
  readonly isQuiet: boolean;
  /** It is blocked in `Atomics.wait`, and answers no question until it says that it is not any more. */
  readonly isBlocked: boolean;
  /** The question that this answers; null for what was told unasked. */
  readonly answers: number | null;
}

/** Resources that do nothing by themselves; which of them somebody outside may stir is seen by their handles. */
const PASSIVE = /^(?:MessagePort|Worker|WORKER|TTYWrap|PipeWrap|TCPSocketWrap)$/;

const OUTPUTS: readonly unknown[] = [1, 2];

/**
 * True while nothing can go on in this thread but by a message of another one: no timer, no request, no socket, no child, no
 * signal that the program listens to. Where Node does not tell, false.
 * @param ownSignal a signal that dept itself listens to
 */
export function onlyThreadsCanAct(ownSignal: string): boolean {
  const handles = activeHandles();
  if (handles === null || !process.getActiveResourcesInfo().every((name) => PASSIVE.test(name))) return false;
  const listensToSignals = process.eventNames().some((name) => /^SIG/.test(String(name)) && name !== ownSignal);
  return !listensToSignals && handles.every(isOfThreads);
}

/** The two outputs of the process bring nothing in. */
function isOfThreads(handle: object): boolean {
  const name = handle.constructor?.name;
  if (name === 'MessagePort' || name === 'Worker') return true;
  return OUTPUTS.includes((handle as { readonly fd?: unknown }).fd);
}
