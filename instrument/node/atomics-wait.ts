import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Worker } from 'node:worker_threads';
import type { Stack } from '../../src/core/stack.ts';
import { callerName } from '../../src/tracker/advice.ts';
import { type Stuck, stuckFinding } from '../../src/tracker/stuck.ts';
import { ProcessorUse } from '../processor-use.ts';
import { replaced } from '../replaced.ts';
import { type NodeHost, observed } from './node-host.ts';

/** Published by Node when a worker is started; nobody loads its module for that. */
const CHANNEL = 'worker_threads';

/** How long a thread may block before anybody asks why, in milliseconds. */
const SUSPICIOUS_AFTER_MS = 1000;

type Outcome = 'ok' | 'not-equal' | 'timed-out';
type AtomicsWait = (array: Int32Array | BigInt64Array, index: number, value: unknown, timeoutMs?: number) => Outcome;

/** Told where a thread blocks for long, before it does, and with null when it goes on. */
export type OnBlocking = (place: string | null) => void;

let onBlocking: OnBlocking | null = null;

/** From now on somebody wants to know of each wait without a timeout that lasts. */
export function tellBlocking(listener: OnBlocking): void {
  onBlocking = listener;
}

/** A worker that this thread has started. */
interface Started {
  readonly worker: Worker;
  readonly stack: Stack | null;
}

/**
 * Watches `Atomics.wait` without a timeout in a thread that listens to workers: while it blocks it answers none of them. The
 * wait is cut in two. When the first part is over without the event, and no thread of the process computes any more, it is
 * reported by the thread itself, before it blocks again; a blocked thread can report nothing.
 */
export function watchAtomicsWait(host: NodeHost): () => void {
  const workers = new StartedWorkers(host);
  const restore = replaced(Atomics, 'wait', (original) => {
    const atomicsWait = original as unknown as AtomicsWait;
    return function wait(...args: Parameters<AtomicsWait>): Outcome {
      const [array, index, value, timeout = Number.POSITIVE_INFINITY] = args;
      const isEndless = timeout === Number.POSITIVE_INFINITY;
      const served = isEndless ? (observed(host, () => workers.listenedTo()) ?? []) : [];
      if (served.length === 0) return isEndless ? waitAloud(host, atomicsWait, args) : atomicsWait(...args);
      let isReported = false;
      for (let part = 0; ; part++) {
        const use = new ProcessorUse();
        const outcome = isReported ? atomicsWait(...args) : atomicsWait(array, index, value, SUSPICIOUS_AFTER_MS);
        // Whoever changed the value between two parts meant to wake us up.
        if (outcome !== 'timed-out') return part === 0 ? outcome : 'ok';
        if (!use.isIdle()) continue;
        isReported = true;
        observed(host, () => report(host, placeOf(args), served));
      }
    };
  });
  return () => {
    restore();
    workers.stop();
  };
}

/** Blocks as asked, and says so once it has lasted. */
function waitAloud(host: NodeHost, atomicsWait: AtomicsWait, args: Parameters<AtomicsWait>): Outcome {
  const tell = onBlocking;
  if (tell === null) return atomicsWait(...args);
  const [array, index, value] = args;
  const outcome = atomicsWait(array, index, value, SUSPICIOUS_AFTER_MS);
  if (outcome !== 'timed-out') return outcome;
  observed(host, () => tell(placeOf(args)));
  try {
    const late = atomicsWait(...args);
    return late === 'not-equal' ? 'ok' : late;
  } finally {
    observed(host, () => tell(null));
  }
}

function placeOf([array, index]: Parameters<AtomicsWait>): string {
  return `${array.constructor.name}[${index}]`;
}

class StartedWorkers {
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

  /** Workers that run and whose messages this thread handles. */
  listenedTo(): readonly Started[] {
    return this.#started.flatMap(({ ref, stack }) => {
      const worker = ref.deref();
      const isServed = worker !== undefined && worker.threadId !== -1 && worker.listenerCount('message') > 0;
      return isServed ? [{ worker, stack }] : [];
    });
  }

  #add(worker: Worker): void {
    this.#started = this.#started.filter(({ ref }) => (ref.deref()?.threadId ?? -1) !== -1);
    this.#started.push({ ref: new WeakRef(worker), stack: this.#host.session.capture() });
  }
}

function report({ session, rules, onFinding }: NodeHost, place: string, served: readonly Started[]): void {
  const stack = session.capture();
  const contextName = callerName(session.main, [stack]);
  const names = served.map(({ worker }) => `worker ${worker.threadId}`);
  const stuck: Stuck = {
    message: `${contextName} blocks its thread in Atomics.wait, and no other thread computes: ${names.join(', ')}, whose messages this thread handles, cannot be answered as long as it blocks`,
    help: [
      'Await Atomics.waitAsync(...).value instead: the thread goes on answering messages.',
      'Or give the worker all it needs before the thread blocks, or give Atomics.wait a timeout.',
    ],
    openWaits: [
      {
        contextName,
        label: 'Atomics.wait',
        className: place,
        objectLabel: `a notification of ${place}`,
        stack,
        owners: served.map((each, index) => ({
          contextName: names[index] as string,
          startLabel: 'Worker',
          stack: each.stack,
        })),
      },
      ...names.map((name) => ({
        contextName: name,
        label: 'message',
        className: `answer of ${contextName}`,
        objectLabel: `an answer of the thread that blocks`,
        stack: null,
        owners: [{ contextName, startLabel: 'Atomics.wait', stack }],
      })),
    ],
  };
  onFinding(stuckFinding(stuck, rules, session.now));
}
