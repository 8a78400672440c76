import type { Stack } from '../../src/core/stack.ts';
import type { TrackedObject } from '../../src/core/tracked-object.ts';
import type { How, HowMuch } from '../../src/core/vocabulary.ts';
import * as hooks from '../../src/sync/hooks.ts';
import { Claim } from '../shapes/claim.ts';
import { howOf } from '../shapes/how.ts';
import { Slots } from '../shapes/slots.ts';
import { trackDistinct } from '../watched-pool.ts';

const PROCESS = howOf('process', 'done', { structured: true });

/** What runs jobs, as many at once as it says. */
interface Worker {
  readonly concurrency: number;
}

type Follow = <P extends Promise<unknown>>(finished: P) => P;

/** The slots that this process has for the jobs of one queue. */
export class JobQueue {
  readonly #name: string;
  /** Workers of this process, and where the program has started them. */
  readonly #workers = new Map<Worker, Stack | null>();
  /** Who waits for a job that has not begun here. */
  readonly #waiting = new Map<string, Claim[]>();
  readonly #slots = new Slots();
  #object: TrackedObject | null = null;
  #capacity = 0;

  constructor(name: string) {
    this.#name = name;
  }

  /** A worker takes jobs of this queue from now on. */
  serve(worker: Worker): void {
    if (!this.#workers.has(worker)) this.#workers.set(worker, hooks.activeSession()?.capture() ?? null);
  }

  /** It takes none any more. */
  retire(worker: Worker): void {
    this.#workers.delete(worker);
  }

  /** Runs a job in one of the slots of this worker. @param timeoutMs after which it loses that */
  run(worker: Worker, id: string | undefined, job: () => unknown, timeoutMs?: number): unknown {
    const claim = new Claim(this.#tracked(), PROCESS, within(this.#slots.timeoutMs));
    // All of the stack of now is the package's.
    const startedAt = this.#workers.get(worker) ?? null;
    if (startedAt !== null) claim.askedAt(startedAt);
    const slot = this.#slots.task(null, () => this.#capacity, timeoutMs);
    if (id === undefined) return claim.whileRunning(job, slot.begin, slot.end)();
    const waiting = this.#waiting.get(id) ?? [];
    this.#waiting.delete(id);
    for (const other of waiting) other.fire();
    claim.accompany(waiting);
    const [only, ...more] = waiting;
    // Whoever waits for the job has waited for its slot, and at his place.
    const run = (): unknown => {
      if (only !== undefined && more.length === 0) claim.askedWith(only);
      return job();
    };
    return claim.whileRunning(run, slot.begin, slot.end)();
  }

  /** The caller waits until every slot of these workers is free; null where others have slots of this queue too. */
  claimAll(workers: readonly Worker[], how: How): Claim | null {
    const own = workers.filter((worker) => this.#workers.has(worker));
    if (own.length === 0 || own.length < this.#workers.size) return null;
    return new Claim(this.#tracked(), how, { permits: this.#slotCount });
  }

  /**
   * The caller waits for a job, and so for a slot. One that another process takes, or that has one or is finished already,
   * needs none of these.
   * @returns what ties the wait to the promise of the job's end
   */
  claimFor(id: string | undefined, how: How, timeoutMs: number | undefined = this.#slots.timeoutMs): Follow {
    if (id === undefined || this.#workers.size === 0) return (finished) => finished;
    const claim = new Claim(this.#tracked(), how, within(timeoutMs));
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

  get #slotCount(): number {
    return [...this.#workers.keys()].reduce((sum, { concurrency }) => sum + concurrency, 0);
  }

  /** Slots of another number are another pool. */
  #tracked(): TrackedObject | null {
    const capacity = this.#slotCount;
    if (this.#object === null || this.#capacity !== capacity) {
      this.#object = trackDistinct('queue', { name: this.#name, site: null }, capacity);
      this.#capacity = capacity;
    }
    return this.#object;
  }
}

function within(timeoutMs: number | undefined): HowMuch | null {
  return timeoutMs === undefined ? null : { timeoutMs };
}

const queues = new Map<string, JobQueue>();

/** The queue of this name, from the first time it is asked for on. */
export function queueOf(qualifiedName: string, name: string): JobQueue {
  const known = queues.get(qualifiedName) ?? new JobQueue(name);
  queues.set(qualifiedName, known);
  return known;
}
