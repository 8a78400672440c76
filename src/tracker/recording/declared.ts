import type { ClassKey } from '../../core/classes.ts';
import type { Context, ContextKind } from '../../core/context.ts';
import { ExactContext } from '../../core/context.ts';
import type { EventContext } from '../../core/event-context.ts';
import type { History } from '../../core/history.ts';
import { defineHow } from '../../core/how.ts';
import type { ObjectId, Tick } from '../../core/ids.ts';
import type { Session } from '../../core/session.ts';
import type { Frame, Stack } from '../../core/stack.ts';
import { TrackedObject } from '../../core/tracked-object.ts';
import type { How, HowMuch } from '../../core/vocabulary.ts';
import type { Wait } from '../../core/wait.ts';
import type { Cells } from './cells.ts';
import { badRecording } from './recording-format.ts';

const KINDS: readonly ContextKind[] = ['main', 'async', 'task', 'work', 'softirq', 'hardirq'];

/** What the lines read so far have declared, by kind and number. */
export class Declared {
  readonly #session: Session;
  readonly #objects = new Map<number, TrackedObject>();
  readonly #contexts = new Map<number, Context>();
  readonly #hows = new Map<number, How>();
  readonly #groups = new Map<number, object>();
  readonly #frames = new Map<number, Frame>();
  readonly #stacks = new Map<number, Stack>();
  readonly #steps = new Map<number, History>();
  readonly #waits = new Map<number, Wait>();
  readonly #held = new Map<number, EventContext>();

  constructor(session: Session) {
    this.#session = session;
  }

  declareObject(cells: Cells): void {
    const { classes } = this.#session;
    const id = cells.count();
    const [kind, name, site, capacity] = [cells.text(), cells.text(), cells.textOrNull(), cells.count()];
    const key: ClassKey = classes.key({ kind, name, site, capacity });
    // Which stacks are worth taking was decided when they were taken.
    key.captures = Number.MAX_SAFE_INTEGER;
    this.#objects.set(id, new TrackedObject(id as ObjectId, key, classes, cells.count(), cells.text()));
  }

  declareContext(cells: Cells): void {
    const [number, name, kind, isExact] = [cells.count(), cells.text(), cells.oneOf(KINDS), cells.flag()];
    const session = this.#session;
    const asynchronous = (): Context => (kind === 'main' ? session.main : session.asyncContext(name));
    this.#contexts.set(number, isExact ? session.exactContext(name, kind) : asynchronous());
  }

  setState(cells: Cells): void {
    const context = this.context(cells);
    const [activity, threaded] = [cells.count(), cells.flag()];
    if (!(context instanceof ExactContext)) throw badRecording(cells.line, 'asynchronous code has no activities');
    context.activity = activity;
    context.threaded = threaded;
  }

  declareHow(cells: Cells): void {
    const number = cells.count();
    const parts = cells.cells();
    this.#hows.set(
      number,
      defineHow({
        mode: parts.oneOf(['write', 'read']),
        startLabel: parts.text(),
        waitLabel: parts.text(),
        eventLabel: parts.text(),
        recursive: parts.flag(),
        trylock: parts.flag(),
        queued: parts.flag(),
        sleeps: parts.flag(),
        structured: parts.flag(),
      }),
    );
  }

  declareFrame(cells: Cells): void {
    const number = cells.count();
    const [functionName, file] = [cells.textOrNull(), cells.textOrNull()];
    const [line, column] = [cells.count(), cells.count()];
    const path = cells.isAtEnd ? null : cells.textOrNull();
    this.#frames.set(number, { functionName, file, line, column, ...(path !== null && { path }) });
  }

  declareStack(cells: Cells): void {
    const number = cells.count();
    const list = cells.cells();
    const frames: Frame[] = [];
    while (!list.isAtEnd) frames.push(known(this.#frames, list, 'frame'));
    this.#stacks.set(number, { frames });
  }

  declareStep(cells: Cells): void {
    const number = cells.count();
    const wait = knownOrNull(this.#waits, cells, 'wait');
    const held = knownOrNull(this.#held, cells, 'event context');
    const left = knownOrNull(this.#steps, cells, 'step');
    const right = knownOrNull(this.#steps, cells, 'step');
    const before = Math.max(left?.at ?? 0, right?.at ?? 0) as Tick;
    const at = held?.begin ?? wait?.fired ?? before;
    const size = (left?.size ?? 0) + (right?.size ?? 0) + 1;
    this.#steps.set(number, { at, wait, held, left, right, size });
  }

  addWait(number: number, wait: Wait): void {
    this.#waits.set(number, wait);
  }

  addHeld(number: number, held: EventContext): void {
    this.#held.set(number, held);
  }

  object(cells: Cells): TrackedObject {
    return known(this.#objects, cells, 'object');
  }

  objectOrNull(cells: Cells): TrackedObject | null {
    return knownOrNull(this.#objects, cells, 'object');
  }

  context(cells: Cells): Context {
    return known(this.#contexts, cells, 'context');
  }

  how(cells: Cells): How {
    return known(this.#hows, cells, 'how');
  }

  more(cells: Cells): HowMuch | null {
    const fields = cells.fields();
    if (fields === null) return null;
    const { nest, group, timeoutMs, permits } = fields;
    return {
      ...(nest === undefined ? {} : { nest: Number(nest) }),
      ...(group === undefined ? {} : { group: this.#group(Number(group)) }),
      ...(timeoutMs === undefined ? {} : { timeoutMs: Number(timeoutMs) }),
      ...(permits === undefined ? {} : { permits: Number(permits) }),
    };
  }

  stack(cells: Cells): Stack | null {
    return knownOrNull(this.#stacks, cells, 'stack');
  }

  step(cells: Cells): History | null {
    return knownOrNull(this.#steps, cells, 'step');
  }

  wait(cells: Cells): Wait {
    return known(this.#waits, cells, 'wait');
  }

  held(cells: Cells): EventContext {
    return known(this.#held, cells, 'event context');
  }

  #group(number: number): object {
    const group = this.#groups.get(number) ?? {};
    this.#groups.set(number, group);
    return group;
  }
}

function known<T>(declared: ReadonlyMap<number, T>, cells: Cells, what: string): T {
  const number = cells.count();
  const found = declared.get(number);
  if (found === undefined) throw badRecording(cells.line, `no ${what} has the number ${number}`);
  return found;
}

function knownOrNull<T>(declared: ReadonlyMap<number, T>, cells: Cells, what: string): T | null {
  const number = cells.count();
  if (number === 0) return null;
  const found = declared.get(number);
  if (found === undefined) throw badRecording(cells.line, `no ${what} has the number ${number}`);
  return found;
}
