import type { Grant } from './grant.ts';
import type { Thread } from './runtime.ts';

/** Open grants of a primitive whose release names no grant, only a thread: the kernel's unlock functions. */
export class Holds<G extends Grant> {
  readonly #grants: G[] = [];

  get size(): number {
    return this.#grants.length;
  }

  add(grant: G): void {
    this.#grants.push(grant);
  }

  /** Removes the newest grant of this thread, null when it has none. Threads outside a simulation are all one. */
  takeOwn(thread: Thread | null, permits: number): G | null {
    return this.#take(this.#grants.findLastIndex((grant) => grant.thread === thread && grant.permits === permits));
  }

  /** Removes the oldest grant of anybody, null when there is none. */
  takeAny(permits: number): G | null {
    return this.#take(this.#grants.findIndex((grant) => grant.permits === permits));
  }

  /** The holder's name, for messages. */
  get holder(): string | null {
    return this.#grants[0]?.thread?.name ?? null;
  }

  isHeldBy(thread: Thread | null): boolean {
    return this.#grants.some((grant) => grant.thread === thread);
  }

  #take(index: number): G | null {
    return index < 0 ? null : (this.#grants.splice(index, 1)[0] ?? null);
  }
}
