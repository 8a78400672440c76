import type { Stack } from '../../src/core/stack.ts';
import type { TrackedObject } from '../../src/core/tracked-object.ts';
import type { How } from '../../src/core/vocabulary.ts';
import * as hooks from '../../src/sync/hooks.ts';
import { Claim } from '../shapes/claim.ts';
import { howOf } from '../shapes/how.ts';
import { trackDistinct } from '../watched-pool.ts';

const PROCESS = howOf('process', 'done', { structured: true });

/** What runs jobs, as many at once as it says. */
interface Slots {
  readonly concurrency: number;
}

type Follow = <P extends Promise<unknown>>(finished: P) => P;

/** The slots that this process has for the jobs of one queue. */
export class JobQueue {
  readonly #name: string;
  /** Workers of this process, and where the program has started them. */
  readonly #workers = new Map<Slots, Stack | null>();
  /** Who waits for a job that has not begun here. */
  readonly #waiting = new Map<string, Claim[]>();
  #object: TrackedObject | null = null;
  #capacity = 0;

  constructor(name: string) {
    this.#name = name;
  }

  /** A worker takes jobs of this queue from now on. */
  serve(worker: Slots): void {
    if (!this.#workers.has(worker)) this.#workers.set(worker, hooks.activeSession()?.capture() ?? null);
  }

  /** It takes none any more. */
  retire(worker: Slots): void {
    this.#workers.delete(worker);
  }

  /** Runs a job in one of the slots of this worker. */
  run(worker: Slots, id: string | undefined, job: () => unknown): unknown {
    const claim = new Claim(this.#tracked(), PROCESS);
    // All of the stack of now is the package's.
    const startedAt = this.#workers.get(worker) ?? null;
    if (startedAt !== null) claim.askedAt(startedAt);
    if (id === undefined) return claim.whileRunning(job)();
    const waiting = this.#waiting.get(id) ?? [];
    this.#waiting.delete(id);
    for (const other of waiting) other.fire();
    claim.accompany(waiting);
    const [only, ...more] = waiting;
    // Whoever waits for the job has waited for its slot, and at his place.
    return claim.whileRunning(() => {
      if (only !== undefined && more.length === 0) claim.askedWith(only);
      return job();
    })();
  }

  /** The caller waits until every slot of this worker is free; null where others have slots of this queue too. */
  claimAll(worker: Slots, how: How): Claim | null {
    const [first, ...others] = this.#workers.keys();
    return first === worker && others.length === 0
      ? new Claim(this.#tracked(), how, { permits: worker.concurrency })
      : null;
  }

  /**
   * The caller waits for a job, and so for a slot. One that another process takes, or that has one or is finished already,
   * needs none of these.
   * @returns what ties the wait to the promise of the job's end
   */
  claimFor(id: string | undefined, how: How, timeoutMs?: number): Follow {
    if (id === undefined || this.#workers.size === 0) return (finished) => finished;
    const claim = new Claim(this.#tracked(), how, timeoutMs === undefined ? null : { timeoutMs });
    claim.queue();
    const waiting = this.#waiting.get(id) ?? [];
    this.#waiting.set(id, [...waiting, claim]);
    return (finished) => {
      const end = (): void => {
        if (!claim.pending) return;
        claim.refuse();
        const left = this.#waiting.get(id)?.filter((other) => other !== claim) ?? [];
        if (left.length > 0) this.#waiting.set(id, left);
        else this.#waiting.delete(id);
      };
      void finished.then(end, end);
      return claim.firedBy(finished);
    };
  }

  /** Slots of another number are another pool. */
  #tracked(): TrackedObject | null {
    const capacity = [...this.#workers.keys()].reduce((sum, { concurrency }) => sum + concurrency, 0);
    if (this.#object === null || this.#capacity !== capacity) {
      this.#object = trackDistinct('queue', { name: this.#name, site: null }, capacity);
      this.#capacity = capacity;
    }
    return this.#object;
  }
}

const queues = new Map<string, JobQueue>();

/** The queue of this name, from the first time it is asked for on. */
export function queueOf(qualifiedName: string, name: string): JobQueue {
  const known = queues.get(qualifiedName) ?? new JobQueue(name);
  queues.set(qualifiedName, known);
  return known;
}
