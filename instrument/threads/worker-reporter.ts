import { BroadcastChannel, threadId } from 'node:worker_threads';
import { evidenceGraph } from '../../src/core/evidence-graph.ts';
import { commonGates } from '../../src/tracker/common-gates.ts';
import type { DeptTracker } from '../../src/tracker/dept.ts';
import { CHANNEL, QUESTIONS, type ThreadMessage } from './thread-messages.ts';
import type { ThreadStand } from './thread-stand.ts';

/** Tells the main thread what a worker finds and learns. Keeps no worker alive. */
export class WorkerReporter {
  #channel: BroadcastChannel | null = null;
  #sent = 0;
  #hasSentWaits = false;
  #sentStand = '';

  /** A finding that this worker has written already. */
  sendFinding(line: string): void {
    this.#post({ thread: threadId, line });
  }

  /** Everything the worker has learnt, when it has learnt something since the last time. */
  sendGraph({ store }: DeptTracker): void {
    const { size } = store;
    if (size === this.#sent) return;
    this.#sent = size;
    this.#post({ thread: threadId, graph: evidenceGraph(store, commonGates(store)) });
  }

  /** The waits that stand in this worker, as a line of a finding; null when none does any more. */
  sendWaits(line: string | null): void {
    if (line === null && !this.#hasSentWaits) return;
    this.#hasSentWaits = line !== null;
    this.#post({ thread: threadId, waits: line });
  }

  /** How the worker stands, when what it waits for is not what it was the last time. */
  sendStand(stand: ThreadStand): void {
    const waits = stand.waits.map(({ id }) => id).join(' ');
    if (waits === this.#sentStand && !stand.isBlocked) return;
    this.#sentStand = waits;
    this.#post({ thread: threadId, stand });
  }

  /** From now on the main thread is told how the worker stands whenever it asks. */
  answer(stand: (question: number) => ThreadStand): void {
    const questions = unreferenced(new BroadcastChannel(QUESTIONS));
    questions.onmessage = (event) => {
      this.#post({ thread: threadId, stand: stand((event as { readonly data: number }).data) });
    };
  }

  #post(message: ThreadMessage): void {
    try {
      this.#channel ??= unreferenced(new BroadcastChannel(CHANNEL));
      this.#channel.postMessage(message);
    } catch {
      // The process is about to end: what was found stands in the report file.
    }
  }
}

function unreferenced(channel: BroadcastChannel): BroadcastChannel {
  (channel as unknown as { unref(): void }).unref();
  return channel;
}
