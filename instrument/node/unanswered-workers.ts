import type { MessagePort, Worker } from 'node:worker_threads';
import { receiveMessageOnPort } from 'node:worker_threads';

/** Whoever answers a message posts one. */
const ANSWERS = /\bpostMessage\b/;

/**
 * Workers that have sent a message to this thread which it would answer, and has not taken yet, because it is blocked. What is taken
 * here to find that out is delivered when the thread goes on, before whatever comes later.
 */
export class UnansweredWorkers {
  readonly #taken = new Map<Worker, unknown>();

  /** True when the worker waits for an answer, as far as can be seen: of one that is busy with something else it tells nothing. */
  has(worker: Worker): boolean {
    if (this.#taken.has(worker)) return true;
    const port = answers(worker) ? portOf(worker) : null;
    const received = port === null ? undefined : receiveMessageOnPort(port);
    if (received !== undefined) this.#taken.set(worker, received.message);
    return received !== undefined;
  }

  /** The thread goes on. */
  deliver(): void {
    for (const [worker, message] of this.#taken) process.nextTick(() => worker.emit('message', message));
    this.#taken.clear();
  }
}

function answers(worker: Worker): boolean {
  return worker.listeners('message').some((listener) => ANSWERS.test(Function.prototype.toString.call(listener)));
}

/** By which its messages come; null in a Node that keeps it elsewhere. */
function portOf(worker: Worker): MessagePort | null {
  const key = Object.getOwnPropertySymbols(worker).find(({ description }) => description === 'kPublicPort');
  return key === undefined ? null : ((worker as unknown as Record<symbol, MessagePort>)[key] ?? null);
}
