import type { Context } from '../../core/context.ts';
import type { Limits } from '../../core/limits.ts';
import { Session } from '../../core/session.ts';
import type { Stack, StackSource } from '../../core/stack.ts';
import type { Misuse } from '../../core/vocabulary.ts';

/** The stack that was recorded with the line that is replayed now. */
class RecordedStack implements StackSource {
  stack: Stack | null = null;

  capture(): Stack | null {
    return this.stack;
  }
}

/** A session that is told what another one heard: stacks and misuse come from the recording alone. */
export class ReplayedSession extends Session {
  readonly #source: RecordedStack;

  constructor(limits: Partial<Limits>, onLimit: (name: keyof Limits, limit: number) => void) {
    const source = new RecordedStack();
    super({ limits, stacks: source, onLimit });
    this.#source = source;
  }

  /** What `capture` gives from here on. */
  set stack(stack: Stack | null) {
    this.#source.stack = stack;
  }

  /** Misuse that the session itself notices was noticed and recorded before. */
  override misuse(_misuse: Misuse, _context: Context = this.current): void {}

  replayMisuse(misuse: Misuse, context: Context): void {
    super.misuse(misuse, context);
  }
}
