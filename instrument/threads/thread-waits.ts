import type { Worker } from 'node:worker_threads';
import type { OpenWait } from '../../src/core/finding.ts';
import { OwnWeakRef } from '../own-weak-ref.ts';
import { monotonicMs } from '../process/monotonic-clock.ts';

/** What a thread has told of last, and when. */
interface Told {
  readonly openWaits: readonly OpenWait[];
  readonly atMs: number;
}

/** True for a worker of Node's own, in which hooks of module loading run: no code of the program does, and no dept. */
export function isOfNode(worker: Worker): boolean {
  return worker.constructor.name === 'InternalWorker';
}

/** The waits that stand in the workers of this thread: each tells of its own, because a signal comes to the main thread alone. */
export class ThreadWaits {
  readonly #told = new Map<number, Told>();
  readonly #workers = new Map<number, WeakRef<Worker>>();

  /** A worker was started. */
  started(worker: Worker): void {
    for (const thread of this.#workers.keys()) this.#hasEnded(thread);
    this.#workers.set(worker.threadId, new OwnWeakRef(worker));
  }

  /** These are all that stand in this thread now. */
  tell(thread: number, openWaits: readonly OpenWait[]): void {
    if (openWaits.length === 0) this.#told.delete(thread);
    else this.#told.set(thread, { openWaits, atMs: monotonicMs() });
  }

  /** Those of all threads that still run, one after the other, each by the name of its thread. */
  all(): readonly OpenWait[] {
    let all: readonly OpenWait[] = [];
    for (const [thread, { openWaits, atMs }] of this.#told) {
      if (!this.#hasEnded(thread))
        all = afterEachOther(all, inThread(thread, openWaits, Math.round(monotonicMs() - atMs)));
    }
    return all;
  }

  /** The workers of this thread that still run. */
  running(): readonly number[] {
    return [...this.#workers.keys()].filter((thread) => !this.#hasEnded(thread));
  }

  /** A worker that a worker has started is not known here: it says itself that it ends. */
  #hasEnded(thread: number): boolean {
    const known = this.#workers.get(thread);
    // Node keeps one that runs.
    const isOver = known !== undefined && (known.deref()?.threadId ?? -1) === -1;
    if (!isOver) return false;
    this.#workers.delete(thread);
    this.#told.delete(thread);
    return true;
  }
}

function inThread(thread: number, waits: readonly OpenWait[], sinceMs: number): readonly OpenWait[] {
  const named = (contextName: string): string => `${contextName} (worker ${thread})`;
  return waits.map((wait) => ({
    ...wait,
    contextName: named(wait.contextName),
    ageMs: typeof wait.ageMs === 'number' ? wait.ageMs + sinceMs : null,
    owners: wait.owners.map((owner) => ({ ...owner, contextName: named(owner.contextName) })),
  }));
}

/** Waits of two places as one list: who stops whom is told by indexes. */
export function afterEachOther(first: readonly OpenWait[], second: readonly OpenWait[]): readonly OpenWait[] {
  const moved = (stoppedBy: readonly number[] = []): number[] => stoppedBy.map((index) => index + first.length);
  return [
    ...first,
    ...second.map((wait) => ({
      ...wait,
      owners: wait.owners.map((owner) => ({ ...owner, stoppedBy: moved(owner.stoppedBy) })),
    })),
  ];
}
