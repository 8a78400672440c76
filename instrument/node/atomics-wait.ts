import { callerName } from '../../src/tracker/caller-names.ts';
import { type Stuck, stuckFinding } from '../../src/tracker/stuck.ts';
import { replaced } from '../patches/replaced.ts';
import { ProcessorUse } from '../process/processor-use.ts';
import { type NodeHost, observed } from './node-host.ts';
import type { StartedWorker, StartedWorkers } from './started-workers.ts';
import { UnansweredWorkers } from './unanswered-workers.ts';

/** How long a thread may block before anybody asks why, and asks again, in milliseconds. */
const SUSPICIOUS_AFTER_MS = 1000;

/** Parts of a wait, in which no thread computed, after which it is told when each worker waits for an answer of this thread. */
const PARTS_UNANSWERED = 5;

/** The same where a worker may be at something that takes its time: a request, a program that it runs, a timer. */
const PARTS_UNKNOWN = 60;

type Outcome = 'ok' | 'not-equal' | 'timed-out';
type AtomicsWait = (array: Int32Array | BigInt64Array, index: number, value: unknown, timeoutMs?: number) => Outcome;

/** Told where a thread blocks for long, before it does, and with null when it goes on. */
export type OnBlocking = (place: string | null) => void;

let onBlocking: OnBlocking | null = null;

/** From now on somebody wants to know of each wait without a timeout that lasts. */
export function tellBlocking(listener: OnBlocking): void {
  onBlocking = listener;
}

/**
 * Watches `Atomics.wait` without a timeout in a thread that listens to workers: while it blocks it answers none of them. The
 * wait is cut in parts. It is reported when no thread of the process has computed in them, and either each worker has asked this
 * thread for something or it has lasted for long: that nobody computes says nothing of a worker that waits for somebody else. The
 * thread reports it itself, before it blocks again; a blocked thread can report nothing.
 */
export function watchAtomicsWait(host: NodeHost, workers: StartedWorkers): () => void {
  return replaced(Atomics, 'wait', (original) => {
    const atomicsWait = original as unknown as AtomicsWait;
    return {
      wait(...args: Parameters<AtomicsWait>): Outcome {
        const [, , , timeout = Number.POSITIVE_INFINITY] = args;
        if (timeout !== Number.POSITIVE_INFINITY) return atomicsWait(...args);
        const running = observed(host, () => workers.running()) ?? [];
        const served = running.filter(({ worker }) => worker.listenerCount('message') > 0);
        if (served.length === 0) return waitAloud(host, atomicsWait, args);
        return waitInParts(host, atomicsWait, args, { running, served });
      },
    }.wait;
  });
}

interface Workers {
  readonly running: readonly StartedWorker[];
  /** Whose messages this thread handles. */
  readonly served: readonly StartedWorker[];
}

function waitInParts(
  host: NodeHost,
  atomicsWait: AtomicsWait,
  args: Parameters<AtomicsWait>,
  { running, served }: Workers,
): Outcome {
  const [array, index, value] = args;
  const unanswered = new UnansweredWorkers();
  let [idle, isReported] = [0, false];
  try {
    for (let part = 0; ; part++) {
      const use = new ProcessorUse();
      const outcome = isReported ? atomicsWait(...args) : atomicsWait(array, index, value, SUSPICIOUS_AFTER_MS);
      // Whoever changed the value between two parts meant to wake us up.
      if (outcome !== 'timed-out') return part === 0 ? outcome : 'ok';
      idle = use.isIdle() ? idle + 1 : 0;
      if (idle < PARTS_UNANSWERED) continue;
      const stand = (): boolean => running.every(({ worker }) => unanswered.has(worker));
      if (idle < PARTS_UNKNOWN && observed(host, stand) !== true) continue;
      isReported = true;
      observed(host, () => report(host, placeOf(args), served));
    }
  } finally {
    unanswered.deliver();
  }
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

function report({ session, rules, onFinding }: NodeHost, place: string, served: readonly StartedWorker[]): void {
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
