import type { EventContext } from '../../src/core/event-context.ts';
import * as hooks from '../../src/sync/hooks.ts';
import { patchClass } from '../patches/class-patch.ts';
import { dressed } from '../patches/stand-in.ts';
import { Claim } from '../shapes/claim.ts';
import { howOf } from '../shapes/how.ts';
import { ReleaseTicket } from '../shapes/release-ticket.ts';
import { UsedInstances } from '../shapes/used-instances.ts';
import type { Callable, LibraryAdapter } from './adapter.ts';

const ACQUIRE = howOf('acquire', 'release');
const USE = howOf('use', 'end', { structured: true });

/** A `Semaphore`, whose `Mutex` is a subclass, with what its type calls private. */
interface Semaphore extends Inner {
  acquire(this: Inner): Promise<() => void>;
  use(task: Callable): Promise<unknown>;
}

/** What `acquire`, and the releaser that it gives, use of their semaphore. */
interface Inner {
  count: number;
  readonly tasks: (() => void)[];
  sched(): void;
}

/** await-semaphore 0.1.3. */
export const awaitSemaphore: LibraryAdapter = {
  name: 'await-semaphore',
  versions: '>=0.1.3 <0.2.0',
  patch: (exports) => patchClass(exports['Semaphore'], 'acquire', patchSemaphore, ['use', 'sched']),
};

function patchSemaphore(prototype: Semaphore): () => void {
  const semaphores = new UsedInstances<Semaphore>({
    kindName: (semaphore) => semaphore.constructor.name,
    methods: ['acquire', 'use'],
    capacity: ({ count, tasks }) => (Array.isArray(tasks) ? count : null),
  });
  const { acquire, use } = prototype;
  /** True while `use` is called, which begins with `acquire`. */
  let isUsing = false;
  prototype.acquire = dressed(function watchedAcquire(this: Inner): Promise<() => void> {
    const object = isUsing ? null : semaphores.of(this as Semaphore);
    if (object === null) return acquire.call(this);
    // What is free is given on the next tick, in the order in which it was asked for.
    if (this.count > this.tasks.length) {
      const held = hooks.taken(object, ACQUIRE);
      return hooks.bind(acquire.call(new Ticket(this, held)), held);
    }
    const claim = new Claim(object, ACQUIRE);
    claim.sleep();
    return claim.grantedBy(acquire.call(new Ticket(this, claim)));
  }, acquire);
  prototype.use = dressed(function watchedUse(this: Semaphore, task: Callable): Promise<unknown> {
    const object = typeof task === 'function' ? semaphores.of(this) : null;
    if (object === null) return use.call(this, task);
    const claim = new Claim(object, USE);
    isUsing = true;
    try {
      return claim.follow(use.call(this, claim.whileRunning(task)));
    } finally {
      isUsing = false;
    }
  }, use);
  return () => void Object.assign(prototype, { acquire, use });
}

/** Nobody but the releaser sets the count of a ticket. */
class Ticket extends ReleaseTicket implements Inner {
  readonly #semaphore: Inner;
  #isReleased = false;

  constructor(semaphore: Inner, taken: Claim | EventContext | null) {
    super(taken);
    this.#semaphore = semaphore;
  }

  get tasks(): (() => void)[] {
    return this.#semaphore.tasks;
  }

  get count(): number {
    return this.#semaphore.count;
  }

  set count(count: number) {
    this.#isReleased = true;
    this.release();
    this.#semaphore.count = count;
  }

  sched(): void {
    if (this.#isReleased) hooks.quietly(() => this.#semaphore.sched());
    else this.#semaphore.sched();
  }
}
