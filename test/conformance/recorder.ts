import type { Context } from '../../src/core/context.ts';
import type { EventContext } from '../../src/core/event-context.ts';
import type { IrqType } from '../../src/core/irq.ts';
import { Session } from '../../src/core/session.ts';
import type { TrackedObject } from '../../src/core/tracked-object.ts';
import type { How, Misuse, Observer, Outcome } from '../../src/core/vocabulary.ts';
import type { Wait } from '../../src/core/wait.ts';
import { attachSession, detachSession } from '../../src/sync/hooks.ts';

/** Writes down the vocabulary as short lines, `context verb label(object)`, and keeps what is still open. */
export class Recorder implements Observer {
  readonly lines: string[] = [];
  readonly misuses: Misuse[] = [];
  readonly pending: Set<Wait> = new Set();
  readonly open: Set<EventContext> = new Set();

  onWait(context: Context, wait: Wait): void {
    this.pending.add(wait);
    this.#line(context, 'wait', wait.how.waitLabel, wait.object);
  }

  onBlocked(context: Context, wait: Wait): void {
    this.#line(context, 'blocked', wait.how.waitLabel, wait.object);
  }

  onWaited(wait: Wait, outcome: Outcome): void {
    this.pending.delete(wait);
    this.#line(wait.context, outcome, wait.how.waitLabel, wait.object);
  }

  onEnter(context: Context, held: EventContext): void {
    this.open.add(held);
    this.#line(context, 'enter', held.how.startLabel, held.object);
  }

  onExit(context: Context, held: EventContext): void {
    this.open.delete(held);
    this.#line(context, 'exit', held.how.eventLabel, held.object);
  }

  onRequest(context: Context, object: TrackedObject): void {
    this.lines.push(`${context.name} request ${object.label}`);
  }

  onEvent(context: Context, object: TrackedObject, how: How): void {
    this.#line(context, 'event', how.eventLabel, object);
  }

  onIrqEnable(context: Context, irq: IrqType): void {
    this.lines.push(`${context.name} ${irq} on`);
  }

  onIrqDisable(context: Context, irq: IrqType): void {
    this.lines.push(`${context.name} ${irq} off`);
  }

  onMisuse(_context: Context, misuse: Misuse): void {
    this.misuses.push(misuse);
  }

  /** What one context did. */
  of(name: string): string[] {
    return this.lines.filter((line) => line.startsWith(`${name} `)).map((line) => line.slice(name.length + 1));
  }

  get kinds(): string[] {
    return this.misuses.map((misuse) => misuse.kind);
  }

  #line(context: Context, verb: string, label: string, object: TrackedObject): void {
    this.lines.push(`${context.name} ${verb} ${label}(${object.label})`);
  }
}

/** Runs `body` with a session that a recorder listens to; a fault inside the session fails the test. */
export async function recorded(body: (recorder: Recorder, session: Session) => Promise<void>): Promise<Recorder> {
  const session = new Session();
  const recorder = new Recorder();
  session.addObserver(recorder);
  const faults: unknown[] = [];
  attachSession(session, (fault) => faults.push(fault));
  try {
    await body(recorder, session);
  } finally {
    detachSession();
  }
  if (faults.length > 0) throw faults[0];
  return recorder;
}
