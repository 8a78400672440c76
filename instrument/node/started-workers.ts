import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Worker } from 'node:worker_threads';
import type { Stack } from '../../src/core/stack.ts';
import { OwnWeakRef } from '../own-weak-ref.ts';
import { isOfNode } from '../threads/thread-waits.ts';
import { type NodeHost, observed } from './node-host.ts';

/** Published by Node when a worker is started; nobody loads its module for that. */
const CHANNEL = 'worker_threads';

/** A worker that this thread has started. */
export interface StartedWorker {
  readonly worker: Worker;
  readonly stack: Stack | null;
}

let current: StartedWorkers | null = null;

/** The workers of this thread are these from now on. @returns what ends that */
export function followWorkers(workers: StartedWorkers): () => void {
  current = workers;
  return () => {
    workers.stop();
    if (current === workers) current = null;
  };
}

/** True while a worker runs whose messages nobody hears: its end may be awaited. Of the others their ports tell. */
export function hasUnheardWorker(): boolean {
  return current?.running().some(({ worker }) => worker.listenerCount('message') === 0) ?? false;
}

/** The workers that this thread has started. */
export class StartedWorkers {
  readonly #host: NodeHost;
  #started: { readonly ref: WeakRef<Worker>; readonly stack: Stack | null }[] = [];
  readonly #onStart = (message: unknown): void => {
    observed(this.#host, () => this.#add((message as { readonly worker: Worker }).worker));
  };

  constructor(host: NodeHost) {
    this.#host = host;
    subscribe(CHANNEL, this.#onStart);
  }

  stop(): void {
    unsubscribe(CHANNEL, this.#onStart);
  }

  running(): readonly StartedWorker[] {
    return this.#started.flatMap(({ ref, stack }) => {
      const worker = ref.deref();
      return worker !== undefined && worker.threadId !== -1 ? [{ worker, stack }] : [];
    });
  }

  #add(worker: Worker): void {
    if (isOfNode(worker)) return;
    this.#started = this.#started.filter(({ ref }) => (ref.deref()?.threadId ?? -1) !== -1);
    this.#started.push({ ref: new OwnWeakRef(worker), stack: this.#host.session.capture() });
  }
}
