import type { Context } from '../../core/context.ts';
import { DEFAULT_LIMITS, type Limits } from '../../core/limits.ts';
import type { Session } from '../../core/session.ts';
import type { TrackedObject } from '../../core/tracked-object.ts';
import type { How, HowMuch, Outcome } from '../../core/vocabulary.ts';
import type { Wait } from '../../core/wait.ts';
import { Cells } from './cells.ts';
import { Declared } from './declared.ts';
import { badRecording, RECORDING_VERSION, type RecordingHeader, type Verb } from './recording-format.ts';
import { ReplayedSession } from './replayed-session.ts';

const OUTCOMES: readonly Outcome[] = ['fired', 'timed-out', 'cancelled'];

/** What a recording says beyond the vocabulary. */
export interface ReplayListener {
  onConfirm?(isLast: boolean, spared: readonly Wait[]): void;
  onStalled?(isUnsettled: boolean): void;
  /** The recording ends here because it reached its bound. */
  onEndOfRecord?(max: number): void;
  onLimit?(name: keyof Limits, limit: number): void;
}

/**
 * Makes a session again from its recording, line by line: the same calls in the same order, so the same logical times.
 * Causal histories come from the recording instead of promise hooks. Add observers to `session` before the first `feed`.
 */
export class Replayer {
  readonly header: RecordingHeader;
  readonly #session: ReplayedSession;
  readonly #declared: Declared;
  readonly #listener: ReplayListener;
  /** Those of which the next `confirm` does not tell. */
  readonly #spared: Wait[] = [];
  #line = 1;

  /**
   * @param header the first line of the recording
   * @throws DeptError ERR_DEPT_BAD_RECORDING when it is none, or one of a newer dept
   */
  constructor(header: string, listener: ReplayListener = {}) {
    this.header = readHeader(header);
    this.#listener = listener;
    this.#session = new ReplayedSession(this.header.limits, (name, limit) => listener.onLimit?.(name, limit));
    this.#declared = new Declared(this.#session);
  }

  get session(): Session {
    return this.#session;
  }

  /**
   * Replays the next line.
   * @throws DeptError ERR_DEPT_BAD_RECORDING naming the line and the cell
   */
  feed(text: string): void {
    const line = ++this.#line;
    const values = parse(text, line);
    if (!Array.isArray(values) || !Replayer.#isVerb(values[0])) {
      throw badRecording(line, `it begins with none of the words a recording knows`);
    }
    this.#session.stack = null;
    Replayer.#handlers[values[0]].call(this, new Cells(values.slice(1), values[0], line));
  }

  static #isVerb(value: unknown): value is Verb {
    return typeof value === 'string' && Object.hasOwn(Replayer.#handlers, value);
  }

  static readonly #handlers: Readonly<Record<Verb, (this: Replayer, cells: Cells) => void>> = {
    object(cells) {
      this.#declared.declareObject(cells);
    },
    context(cells) {
      this.#declared.declareContext(cells);
    },
    how(cells) {
      this.#declared.declareHow(cells);
    },
    frame(cells) {
      this.#declared.declareFrame(cells);
    },
    stack(cells) {
      this.#declared.declareStack(cells);
    },
    step(cells) {
      this.#declared.declareStep(cells);
    },
    state(cells) {
      this.#declared.setState(cells);
    },
    wait(cells) {
      const number = cells.count();
      const { context, object, how, more } = this.#call(cells);
      this.#declared.addWait(number, this.#session.wait(object, how, more, context));
    },
    blocked(cells) {
      const wait = this.#declared.wait(cells);
      this.#stand(wait.context, cells);
      this.#session.blocked(wait);
    },
    waited(cells) {
      const wait = this.#declared.wait(cells);
      const outcome = cells.oneOf(OUTCOMES);
      this.#session.current = this.#declared.context(cells);
      this.#session.waited(wait, outcome);
    },
    granted(cells) {
      const number = cells.count();
      const wait = this.#declared.wait(cells);
      this.#declared.addHeld(number, this.#session.granted(wait, this.#declared.how(cells)));
    },
    enter(cells) {
      const number = cells.count();
      const { context, object, how, more } = this.#call(cells);
      this.#declared.addHeld(number, this.#session.enter(object, how, more, context));
    },
    modify(cells) {
      const number = cells.count();
      const [held, how, context] = [
        this.#declared.held(cells),
        this.#declared.how(cells),
        this.#declared.context(cells),
      ];
      this.#declared.addHeld(number, this.#session.modify(held, how, context));
    },
    exit(cells) {
      const held = this.#declared.held(cells);
      const context = this.#declared.context(cells);
      this.#session.stack = this.#declared.stack(cells);
      this.#stand(context, cells);
      this.#session.exit(held, context);
    },
    request(cells) {
      const context = this.#declared.context(cells);
      this.#session.request(this.#declared.object(cells), context);
    },
    event(cells) {
      const context = this.#declared.context(cells);
      const [object, how] = [this.#declared.object(cells), this.#declared.how(cells)];
      this.#session.stack = this.#declared.stack(cells);
      this.#stand(context, cells);
      this.#session.event(object, how, context);
    },
    handover(cells) {
      this.#session.handover(this.#declared.held(cells), this.#declared.context(cells));
    },
    irq(cells) {
      const context = this.#declared.context(cells);
      const irq = cells.oneOf(['softirq', 'hardirq']);
      this.#session.setIrq(irq, cells.flag(), context);
    },
    init(cells) {
      const context = this.#declared.context(cells);
      this.#session.init(this.#declared.object(cells), context);
    },
    destroy(cells) {
      const context = this.#declared.context(cells);
      this.#session.destroy(this.#declared.object(cells), context);
    },
    misuse(cells) {
      const [context, kind] = [this.#declared.context(cells), cells.text()];
      const [object, message] = [this.#declared.objectOrNull(cells), cells.text()];
      this.#session.stack = this.#declared.stack(cells);
      this.#session.replayMisuse({ kind, object, message }, context);
    },
    ended(cells) {
      this.#session.endContext(this.#declared.context(cells));
    },
    confirm(cells) {
      this.#listener.onConfirm?.(cells.flag(), this.#spared.splice(0));
    },
    spare(cells) {
      this.#spared.push(this.#declared.wait(cells));
    },
    stalled(cells) {
      this.#listener.onStalled?.(cells.flag());
    },
    limit(cells) {
      this.#listener.onEndOfRecord?.(cells.count());
    },
  };

  /** Context, object, description, stack and history of a call. */
  #call(cells: Cells): Called {
    const context = this.#declared.context(cells);
    const [object, how] = [this.#declared.object(cells), this.#declared.how(cells)];
    const more = this.#declared.more(cells);
    this.#session.stack = this.#declared.stack(cells);
    this.#stand(context, cells);
    return { context, object, how, more };
  }

  /** The code of this line runs in `context`, with the history that comes next on the line behind it. */
  #stand(context: Context, cells: Cells): void {
    this.#session.current = context;
    this.#session.slice.history = this.#declared.step(cells);
  }
}

interface Called {
  readonly context: Context;
  readonly object: TrackedObject;
  readonly how: How;
  readonly more: HowMuch | null;
}

function parse(text: string, line: number): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw badRecording(line, `it is not JSON (${(error as Error).message})`, error);
  }
}

function readHeader(text: string): RecordingHeader {
  const value = parse(text, 1) as Partial<RecordingHeader> | null;
  if (typeof value !== 'object' || value?.dept !== 'recording')
    throw badRecording(1, 'it is not the head of a recording');
  if (value.version !== RECORDING_VERSION) {
    throw badRecording(1, `the recording has version ${String(value.version)}, this dept reads ${RECORDING_VERSION}`);
  }
  return {
    dept: 'recording',
    version: RECORDING_VERSION,
    limits: readLimits(value.limits),
    about: value.about ?? null,
  };
}

function readLimits(value: unknown): Partial<Limits> {
  const limits: Record<string, number> = {};
  for (const [name, limit] of Object.entries((value ?? {}) as Record<string, unknown>)) {
    if (!Object.hasOwn(DEFAULT_LIMITS, name)) continue;
    if (!Number.isSafeInteger(limit) || (limit as number) < 1)
      throw badRecording(1, `the limit ${name} is no whole number`);
    limits[name] = limit as number;
  }
  return limits;
}
