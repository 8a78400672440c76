import type { Context } from '../../core/context.ts';
import type { EventContext } from '../../core/event-context.ts';
import type { Histories, History } from '../../core/history.ts';
import type { Stack } from '../../core/stack.ts';
import type { TrackedObject } from '../../core/tracked-object.ts';
import type { How, HowMuch } from '../../core/vocabulary.ts';
import type { Wait } from '../../core/wait.ts';
import type { RecordedLines } from './recorded-lines.ts';
import type { Cell } from './recording-format.ts';

/**
 * Numbers what lines speak of and declares it on first use. Keeps nothing alive: what the program has forgotten is
 * forgotten here too.
 */
export class Declarations {
  readonly #lines: RecordedLines;
  readonly #objects = new WeakSet<TrackedObject>();
  readonly #contexts = new WeakMap<Context, { readonly activity: number; readonly threaded: boolean }>();
  readonly #hows = new WeakMap<How, number>();
  readonly #howsByText = new Map<string, number>();
  readonly #groups = new WeakMap<object, number>();
  readonly #stacks = new WeakMap<Stack, number>();
  readonly #steps = new WeakMap<History, number>();
  readonly #waits = new WeakMap<Wait, number>();
  readonly #held = new WeakMap<EventContext, number>();
  #next = { group: 0, stack: 0, step: 0, wait: 0, held: 0 };

  constructor(lines: RecordedLines) {
    this.#lines = lines;
  }

  object(object: TrackedObject): number {
    if (!this.#objects.has(object)) {
      this.#objects.add(object);
      const { kind, name, site, capacity } = object.key;
      this.#lines.push('object', object.id, kind, name, site, capacity, object.subclass, object.label);
    }
    return object.id;
  }

  context(context: Context): number {
    const { id, name, kind, exact, activity } = context;
    const threaded = context.threaded !== false;
    let known = this.#contexts.get(context);
    if (known === undefined) {
      this.#lines.push('context', id, name, kind, exact ? 1 : 0);
      known = { activity: exact ? 1 : 0, threaded: true };
    }
    if (known.activity !== activity || known.threaded !== threaded) {
      this.#lines.push('state', id, activity, threaded ? 1 : 0);
      known = { activity, threaded };
    }
    this.#contexts.set(context, known);
    return id;
  }

  how(how: How): number {
    const known = this.#hows.get(how);
    if (known !== undefined) return known;
    const { mode, startLabel, waitLabel, eventLabel, recursive, trylock, queued, sleeps, structured } = how;
    const flags = [recursive, trylock, queued, sleeps, structured].map((flag): number => (flag ? 1 : 0));
    const cells: readonly Cell[] = [mode, startLabel, waitLabel, eventLabel, ...flags];
    const text = JSON.stringify(cells);
    const number = this.#howsByText.get(text) ?? this.#howsByText.size + 1;
    this.#hows.set(how, number);
    if (number > this.#howsByText.size) {
      this.#howsByText.set(text, number);
      this.#lines.push('how', number, cells);
    }
    return number;
  }

  /** What a call adds to its description: 0, or an object without the defaults. */
  more(more: HowMuch | null): Cell {
    if (more === null) return 0;
    const { nest, group, timeoutMs, permits } = more;
    const cells: Record<string, Cell> = {};
    if (nest !== undefined && nest !== 0) cells['nest'] = nest;
    if (group !== undefined) cells['group'] = this.#group(group);
    // JSON has no infinity, and an endless timeout is none.
    if (timeoutMs !== undefined && Number.isFinite(timeoutMs)) cells['timeoutMs'] = timeoutMs;
    if (permits !== undefined) cells['permits'] = permits;
    return Object.keys(cells).length === 0 ? 0 : cells;
  }

  stack(stack: Stack | null): number {
    if (stack === null) return 0;
    const known = this.#stacks.get(stack);
    if (known !== undefined) return known;
    const number = ++this.#next.stack;
    this.#stacks.set(stack, number);
    this.#lines.pushStack(number, stack);
    return number;
  }

  newWait(wait: Wait): number {
    this.#waits.set(wait, ++this.#next.wait);
    return this.#next.wait;
  }

  /** 0 for a wait that began before the recording. */
  wait(wait: Wait): number {
    return this.#waits.get(wait) ?? 0;
  }

  newHeld(held: EventContext): number {
    this.#held.set(held, ++this.#next.held);
    return this.#next.held;
  }

  /** 0 for an event context that began before the recording. */
  held(held: EventContext): number {
    return this.#held.get(held) ?? 0;
  }

  /** The step a causal history has come to, its predecessors first; 0 for one that cannot matter any more. */
  step(history: History | null, histories: Histories): number {
    const first = histories.fresh(history);
    if (first === null) return 0;
    const open = [first];
    for (let step = open.at(-1); step !== undefined; step = open.at(-1)) {
      const missing = [step.left, step.right].filter((each) => each !== null && !this.#steps.has(each));
      if (missing.length > 0 && !this.#steps.has(step)) {
        open.push(...(missing as History[]));
        continue;
      }
      open.pop();
      if (!this.#steps.has(step)) this.#declareStep(step);
    }
    return this.#stepNumber(first);
  }

  #declareStep(step: History): void {
    const wait = step.wait === null ? 0 : this.wait(step.wait);
    const held = step.held === null ? 0 : this.held(step.held);
    const before = [this.#stepNumber(step.left), this.#stepNumber(step.right)];
    this.#steps.set(step, ++this.#next.step);
    this.#lines.push('step', this.#next.step, wait, held, ...before);
  }

  #stepNumber(step: History | null): number {
    return step === null ? 0 : (this.#steps.get(step) ?? 0);
  }

  #group(group: object): number {
    const known = this.#groups.get(group);
    if (known !== undefined) return known;
    this.#groups.set(group, ++this.#next.group);
    return this.#next.group;
  }
}
