import { isObject } from '../../src/core/thenable.ts';
import type { TrackedObject } from '../../src/core/tracked-object.ts';
import { Claim } from '../shapes/claim.ts';
import { howOf } from '../shapes/how.ts';
import { Slots } from '../shapes/slots.ts';
import type { Callable } from './adapter.ts';

const PUSH = howOf('push', 'done', { structured: true });

/** What runs in place of a job; the program is to see the job itself. */
const jobsOf = new WeakMap<object, Callable>();

/** The jobs of one queue that have not ended. */
export class QueuedJobs {
  readonly #object: TrackedObject;
  readonly #waiting = new Map<unknown, Claim[]>();
  readonly #running = new Set<Claim>();
  readonly #slots = new Slots();

  constructor(object: TrackedObject) {
    this.#object = object;
  }

  /** What the program is told of, in place of what runs. */
  static told(this: void, what: unknown): unknown {
    if (!isObject(what)) return what;
    const detail: unknown = what instanceof Event ? Reflect.get(what, 'detail') : null;
    const job = isObject(detail) ? jobsOf.get(Reflect.get(detail, 'job') as object) : undefined;
    if (job !== undefined) Reflect.set(detail as object, 'job', job);
    return jobsOf.get(what) ?? what;
  }

  /** Jobs are added by `call`, which may begin them. */
  add<T>(jobs: readonly unknown[], limit: number, call: () => T): T {
    this.#slots.noteLimit(this.#object, limit);
    const claims = jobs.filter((job) => typeof job === 'function').map((job) => this.#claim(job));
    const result = call();
    for (const claim of claims) if (claim.pending) claim.queue();
    return result;
  }

  /** Only these are left; the same function may be several jobs. */
  keep(jobs: readonly unknown[]): void {
    for (const [job, claims] of this.#waiting) {
      const count = jobs.filter((each) => each === job).length;
      for (const claim of claims.splice(count)) claim.refuse();
      if (count === 0) this.#waiting.delete(job);
    }
  }

  /** All slots are free again, whatever the jobs do that have them. */
  end(): void {
    this.keep([]);
    // Whoever ends the queue gives back none of his own.
    for (const claim of this.#running) claim.drop();
    this.#running.clear();
  }

  /** What is to run in place of the job that begins. @param isTimed after some time its slot is free, whatever it does */
  running(job: Callable, limit: () => number, isTimed: boolean): Callable | null {
    const claim = this.#waiting.get(job)?.shift() ?? null;
    if (this.#waiting.get(job)?.length === 0) this.#waiting.delete(job);
    if (claim === null) return null;
    if (isTimed) {
      claim.refuse();
      return null;
    }
    const slot = this.#slots.task(this.#object, limit);
    // It may be a proxy, of which nothing is to be read.
    const plain: Callable = function plain(this: unknown, ...args: never[]): unknown {
      return Reflect.apply(job, this, args);
    };
    const task = claim.untilEitherWay(plain, () => {
      this.#running.delete(claim);
      slot.end();
    });
    const proxy = new Proxy(job, {
      apply: (_job, self, args) => {
        this.#running.add(claim);
        slot.begin();
        return Reflect.apply(task, self, args);
      },
    });
    jobsOf.set(proxy, job);
    return proxy;
  }

  #claim(job: unknown): Claim {
    const claim = new Claim(this.#object, PUSH);
    const claims = this.#waiting.get(job);
    if (claims === undefined) this.#waiting.set(job, [claim]);
    else claims.push(claim);
    return claim;
  }
}
