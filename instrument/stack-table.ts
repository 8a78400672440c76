import type { RawFrame } from './raw-frame.ts';

/** A stack in the table: its innermost frame with everything that called it. 0 is the empty stack. */
export type StackId = number;

const EMPTY: StackId = 0;
/** Frame numbers fit below this, so that a caller and a frame make one number key. */
const MAX_FRAMES = 2 ** 20;

/**
 * Stacks as a tree of frames: stacks with the same callers share them, so another stack of a known path costs only the
 * frames that are new. Interning is linear in the frames of the stack.
 */
export class StackTable {
  readonly #nodes = new Map<number, StackId>();
  readonly #frameOf: RawFrame[] = [];
  readonly #callerOf: StackId[] = [];
  readonly #numbers = new Map<RawFrame, number>();

  /** False when a stack may no longer fit; its owner then starts another table. */
  get hasRoom(): boolean {
    return this.#numbers.size < MAX_FRAMES - 1024 && this.#frameOf.length < MAX_FRAMES * 8;
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
