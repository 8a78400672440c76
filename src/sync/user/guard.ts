import { DeptError } from '../../core/dept-error.ts';
import type { EventContext } from '../../core/event-context.ts';
import type { TrackedObject } from '../../core/tracked-object.ts';
import { Grant } from '../grant.ts';
import { misuse } from '../hooks.ts';
import type { Thread } from '../runtime.ts';

/** The primitive a guard belongs to. */
export interface Releaser {
  readonly name: string;
  readonly object: TrackedObject | null;
  /** Takes back what an open guard stands for. */
  giveBack(guard: Guard): void;
}

/**
 * What a lock was granted to; releases it once. Works with `using` and `await using`, where leaving the block releases
 * it if nobody did before.
 */
export class Guard extends Grant implements Disposable, AsyncDisposable {
  readonly #owner: Releaser;

  constructor(owner: Releaser, eventContext: EventContext | null, permits: number, thread: Thread | null) {
    super(eventContext, permits, thread);
    this.#owner = owner;
  }

  /** @throws DeptError `ERR_DEPT_BAD_UNLOCK` when it was released before */
  release(): void {
    if (!this.open) {
      const message =
        `A guard of ${this.#owner.name} is released twice. Its first release may have let somebody else in; ` +
        'release each guard once, or leave it to `using`.';
      misuse('bad-unlock', this.#owner.object, message);
      throw new DeptError('ERR_DEPT_BAD_UNLOCK', message);
    }
    this.#owner.giveBack(this);
  }

  /** Releases it unless that has happened. */
  [Symbol.dispose](): void {
    if (this.open) this.#owner.giveBack(this);
  }

  /** Releases it unless that has happened; nothing is waited for. */
  [Symbol.asyncDispose](): Promise<void> {
    this[Symbol.dispose]();
    return Promise.resolve();
  }
}
