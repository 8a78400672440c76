import type { RawFrame } from './raw-frame.ts';

/** A stack in the table: its innermost frame with everything that called it. 0 is the empty stack. */
export type StackId = number;

const EMPTY: StackId = 0;
/** Frame numbers fit below this, so that a caller and a frame make one number key. */
const MAX_FRAMES = 2 ** 20;
/** Stacks of a table are numbered below this. */
const MAX_STACKS = MAX_FRAMES * 8;

/**
 * Stacks as a tree of frames: stacks with the same callers share them, so another stack of a known path costs only the
 * frames that are new. Interning is linear in the frames of the stack.
 */
class StackTable {
  readonly #nodes = new Map<number, StackId>();
  readonly #frameOf: RawFrame[] = [];
  readonly #callerOf: StackId[] = [];
  readonly #numbers = new Map<RawFrame, number>();

  /** False when a stack may no longer fit. */
  get hasRoom(): boolean {
    return this.#numbers.size < MAX_FRAMES - 1024 && this.#frameOf.length < MAX_STACKS - 1024;
  }

  /** @param frames innermost first */
  intern(frames: readonly RawFrame[]): StackId {
    let stack = EMPTY;
    for (let i = frames.length - 1; i >= 0; i--) {
      const frame = frames[i] as RawFrame;
      const key = stack * MAX_FRAMES + this.#numberOf(frame);
      let next = this.#nodes.get(key);
      if (next === undefined) {
        next = this.#frameOf.push(frame);
        this.#callerOf.push(stack);
        this.#nodes.set(key, next);
      }
      stack = next;
    }
    return stack;
  }

  /** The frames of a stack, innermost first. */
  frames(stack: StackId): readonly RawFrame[] {
    const frames: RawFrame[] = [];
    for (let at = stack; at !== EMPTY; at = this.#callerOf[at - 1] ?? EMPTY)
      frames.push(this.#frameOf[at - 1] as RawFrame);
    return frames;
  }

  #numberOf(frame: RawFrame): number {
    const known = this.#numbers.get(frame);
    if (known !== undefined) return known;
    const number = this.#numbers.size;
    this.#numbers.set(frame, number);
    return number;
  }
}

/** As many tables as it takes: a full one is followed by a new one. */
export class StackTables {
  readonly #tables: StackTable[] = [new StackTable()];

  /** @param frames innermost first */
  intern(frames: readonly RawFrame[]): StackId {
    if (this.#tables.at(-1)?.hasRoom !== true) this.#tables.push(new StackTable());
    const last = this.#tables.length - 1;
    return last * MAX_STACKS + (this.#tables[last] as StackTable).intern(frames);
  }

  /** The frames of a stack, innermost first. */
  frames(stack: StackId): readonly RawFrame[] {
    return this.#tables[Math.floor(stack / MAX_STACKS)]?.frames(stack % MAX_STACKS) ?? [];
  }
}
