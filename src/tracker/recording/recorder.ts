import type { Context } from '../../core/context.ts';
import type { EventContext } from '../../core/event-context.ts';
import type { History } from '../../core/history.ts';
import type { IrqType } from '../../core/irq.ts';
import { DEFAULT_LIMITS, type Limits } from '../../core/limits.ts';
import type { Session } from '../../core/session.ts';
import type { TrackedObject } from '../../core/tracked-object.ts';
import type { How, Misuse, Observer, Outcome } from '../../core/vocabulary.ts';
import type { Wait } from '../../core/wait.ts';
import { Declarations } from './declarations.ts';
import { NewPairs } from './new-pairs.ts';
import { RecordedLines } from './recorded-lines.ts';
import { MAX_RECORDING_CHARACTERS, RECORDING_VERSION } from './recording-format.ts';

export interface RecorderOptions {
  /** Takes whole lines, many at a time. */
  readonly write: (text: string) => void;
  /** What reports shall say of the process, as JSON; asked for with the first line. */
  readonly about?: () => unknown;
  /** Characters a recording may have; 256 Mi if not given. */
  readonly maxCharacters?: number;
  /** Told once when that many are reached; what comes after is not recorded. */
  readonly onLimit?: (max: number) => void;
}

/**
 * Writes what a session hears as lines from which the same session can be made again, with the causal histories of
 * asynchronous code, so that a replay needs no promise hooks. Add it after the trackers: it takes over the stacks they
 * have asked for. Cost: one short line an event, and a stack for each pair of classes that is new.
 */
export class Recorder implements Observer {
  readonly #session: Session;
  readonly #lines: RecordedLines;
  readonly #names: Declarations;
  readonly #pairs: NewPairs;
  /** The last event context that a wait led to: a second one is a change of its mode. */
  readonly #granted = new WeakMap<Wait, EventContext>();

  constructor(session: Session, options: RecorderOptions) {
    this.#session = session;
    const max = options.maxCharacters ?? MAX_RECORDING_CHARACTERS;
    this.#lines = new RecordedLines(
      options.write,
      () => ({
        dept: 'recording',
        version: RECORDING_VERSION,
        limits: changedLimits(session.limits),
        about: options.about?.() ?? null,
      }),
      max,
      () => options.onLimit?.(max),
    );
    this.#names = new Declarations(this.#lines);
    this.#pairs = new NewPairs(session.limits.maxDependencies);
  }

  /** Writes what is still kept back. */
  flush(): void {
    this.#lines.flush();
  }

  /** Suspected deadlocks are looked at again now (`WaitsFor.confirm`). */
  confirm(isLast: boolean, spared: readonly Wait[] = []): void {
    for (const wait of spared) {
      const number = this.#names.wait(wait);
      if (number > 0) this.#lines.push('spare', number);
    }
    if (!this.#lines.isEmpty) this.#lines.push('confirm', isLast ? 1 : 0);
  }

  /** The program has nothing left to run; `isUnsettled` when a top-level await never settled. */
  stalled(isUnsettled: boolean): void {
    if (!this.#lines.isEmpty) this.#lines.push('stalled', isUnsettled ? 1 : 0);
  }

  onContextBegin(context: Context): void {
    this.#names.context(context);
  }

  onContextEnd(context: Context): void {
    this.#lines.push('ended', this.#names.context(context));
  }

  onWait(context: Context, wait: Wait): void {
    if (this.#lines.isFull) return;
    if (this.#pairs.atWait(context, wait)) wait.stack ??= this.#session.capture();
    const cells = this.#call(context, wait.object, wait.how);
    const more = this.#names.more(wait.more);
    const stack = this.#names.stack(wait.stack);
    const step = this.#step(context, wait.history);
    this.#lines.push('wait', this.#names.newWait(wait), ...cells, more, stack, step);
  }

  onBlocked(context: Context, wait: Wait): void {
    const number = this.#names.wait(wait);
    if (number > 0) this.#lines.push('blocked', number, this.#step(context));
  }

  onWaited(wait: Wait, outcome: Outcome): void {
    const number = this.#names.wait(wait);
    if (number > 0) this.#lines.push('waited', number, outcome, this.#names.context(this.#session.current));
  }

  onEnter(context: Context, held: EventContext): void {
    if (this.#lines.isFull) return;
    const { wait, how } = held;
    const waited = wait === null ? 0 : this.#names.wait(wait);
    const before = wait === null ? undefined : this.#granted.get(wait);
    if (wait !== null) this.#granted.set(wait, held);
    if (before !== undefined) {
      const old = this.#names.held(before);
      const cells = [this.#names.how(how), this.#names.context(context)];
      this.#lines.push('modify', this.#names.newHeld(held), old, ...cells);
    } else if (waited > 0) {
      const label = this.#names.how(how);
      this.#lines.push('granted', this.#names.newHeld(held), waited, label);
    } else {
      const cells = this.#call(context, held.object, how);
      const more = this.#names.more(held.more);
      const stack = this.#names.stack(held.stack);
      const step = this.#stepBefore(context, held);
      this.#lines.push('enter', this.#names.newHeld(held), ...cells, more, stack, step);
    }
  }

  onExit(context: Context, held: EventContext): void {
    const number = this.#names.held(held);
    if (number === 0 || this.#lines.isFull) return;
    const stack = this.#pairs.atExit(context, held) ? this.#session.capture() : null;
    held.endsAt(stack);
    const cells = [this.#names.context(context), this.#names.stack(stack), this.#step(context)];
    this.#lines.push('exit', number, ...cells);
  }

  onRequest(context: Context, object: TrackedObject): void {
    // A sleep asks for its event by itself, in a replay too.
    if (object.requestedBy !== null) return;
    this.#lines.push('request', this.#names.context(context), this.#names.object(object));
  }

  onEvent(context: Context, object: TrackedObject, how: How): void {
    if (this.#lines.isFull) return;
    const stack = this.#pairs.atEvent(context, object, how) ? this.#session.capture() : null;
    const cells = this.#call(context, object, how);
    this.#lines.push('event', ...cells, this.#names.stack(stack), this.#step(context));
  }

  onHandover(_from: Context, to: Context, held: EventContext): void {
    const number = this.#names.held(held);
    if (number > 0) this.#lines.push('handover', number, this.#names.context(to));
  }

  onIrqEnable(context: Context, irq: IrqType): void {
    this.#lines.push('irq', this.#names.context(context), irq, 1);
  }

  onIrqDisable(context: Context, irq: IrqType): void {
    this.#lines.push('irq', this.#names.context(context), irq, 0);
  }

  onInit(context: Context, object: TrackedObject): void {
    this.#lines.push('init', this.#names.context(context), this.#names.object(object));
  }

  onDestroy(context: Context, object: TrackedObject): void {
    this.#lines.push('destroy', this.#names.context(context), this.#names.object(object));
  }

  onMisuse(context: Context, { kind, object, message }: Misuse): void {
    if (this.#lines.isFull) return;
    const cells = [
      object === null ? 0 : this.#names.object(object),
      message,
      this.#names.stack(this.#session.capture()),
    ];
    this.#lines.push('misuse', this.#names.context(context), kind, ...cells);
  }

  #call(context: Context, object: TrackedObject, how: How): readonly number[] {
    return [this.#names.context(context), this.#names.object(object), this.#names.how(how)];
  }

  #step(context: Context, history: History | null = context.history): number {
    return context.exact ? 0 : this.#names.step(history, this.#session.histories);
  }

  /** The history without the event context that has just been put in front of it. */
  #stepBefore(context: Context, held: EventContext): number {
    const { history } = context;
    return this.#step(context, history?.held === held ? history.left : history);
  }
}

function changedLimits(limits: Limits): Partial<Limits> {
  const names = Object.keys(limits) as (keyof Limits)[];
  return Object.fromEntries(names.filter((name) => limits[name] !== DEFAULT_LIMITS[name]).map((n) => [n, limits[n]]));
}
