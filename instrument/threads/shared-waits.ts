import { threadId } from 'node:worker_threads';
import type { EventContext } from '../../src/core/event-context.ts';
import { NEVER } from '../../src/core/ids.ts';
import type { Session } from '../../src/core/session.ts';
import type { Stack } from '../../src/core/stack.ts';
import type { Wait } from '../../src/core/wait.ts';
import { callerName } from '../../src/tracker/caller-names.ts';
import type { Installation } from '../install.ts';
import { mayBeAborted } from '../node/web-locks.ts';
import type { MessageWait, MessageWaits } from './message-waits.ts';
import { type KeptLock, onlyThreadsCanAct, type SharedWait, type ThreadStand } from './thread-stand.ts';
import { isOfNode } from './thread-waits.ts';

/** How long a wait for another thread must have lasted to be told of, in milliseconds. */
const LASTING_MS = 1_000;

/** What this thread waits for that another one has to give. */
export class SharedWaits {
  readonly #installation: Installation;
  readonly #messages: MessageWaits;
  readonly #ownSignal: string;
  #hasWorkers = false;

  /** @param ownSignal a signal that dept itself listens to */
  constructor(installation: Installation, messages: MessageWaits, ownSignal: string) {
    this.#installation = installation;
    this.#messages = messages;
    this.#ownSignal = ownSignal;
    process.on('worker', (worker) => {
      this.#hasWorkers ||= !isOfNode(worker);
    });
  }

  /** How this thread stands. @param answers the question that is answered by that */
  stand(answers: number | null): ThreadStand {
    // The main thread knows nothing of the workers of a worker.
    const isQuiet = !(this.#hasWorkers && threadId !== 0) && onlyThreadsCanAct(this.#ownSignal);
    return { thread: threadId, waits: this.lasting(), isQuiet, isBlocked: false, answers };
  }

  /** This thread blocks now in `Atomics.wait`. */
  blocked(place: string): ThreadStand {
    const { session } = this.#installation;
    const holds: EventContext[] = [];
    session.current.forEachHeld((held) => void holds.push(held));
    const stack = session.capture();
    const wait: SharedWait = {
      id: 0,
      contextName: callerName(session.main, [stack]),
      label: 'Atomics.wait',
      wanted: { kind: 'memory', name: place },
      stack: plain(stack),
      keeps: locks(holds),
    };
    return { thread: threadId, waits: [wait], isQuiet: true, isBlocked: true, answers: null };
  }

  /** Waits that have lasted. */
  lasting(): readonly SharedWait[] {
    const { session, waitsFor } = this.#installation;
    const isLasting = (wait: Wait): boolean =>
      wait.object.key.kind === 'web-lock' && !mayBeAborted(wait.how) && (session.ageOf(wait) ?? 0) >= LASTING_MS;
    return [
      ...this.#messages.lasting(LASTING_MS).map((wait) => forMessage(session, wait)),
      ...waitsFor.open.filter(isLasting).map((wait) => forLock(session, wait)),
    ];
  }
}

function forMessage(session: Session, { id, thread, stack, holds }: MessageWait): SharedWait {
  return {
    id,
    contextName: callerName(session.main, [stack]),
    label: 'once',
    wanted: { kind: 'message', thread },
    stack: plain(stack),
    keeps: locks(holds),
  };
}

function forLock({ histories }: Session, wait: Wait): SharedWait {
  const holds = new Set<EventContext>();
  histories.each(wait.history, NEVER, ({ held }) => {
    if (held !== null) holds.add(held);
  });
  return {
    // A tick is no number of a message.
    id: -Number(wait.begin),
    contextName: callerName(wait.context, [wait.stack]),
    label: wait.how.waitLabel,
    wanted: { kind: 'lock', name: wait.object.label, isShared: wait.how.mode === 'read' },
    stack: plain(wait.stack),
    keeps: locks([...holds]),
  };
}

function locks(holds: readonly EventContext[]): readonly KeptLock[] {
  return holds
    .filter((held) => held.open && held.object.key.kind === 'web-lock')
    .map(({ object, how, stack }) => ({ name: object.label, isShared: how.mode === 'read', stack: plain(stack) }));
}

/** A stack that can be sent. */
function plain(stack: Stack | null): Stack | null {
  return stack === null ? null : { frames: stack.frames };
}
