import type { IQueueBackend, JobJson } from 'bullmq';

// Taken before anything is patched: a server's answers come from a socket, which knows nothing of who asked.
const later = setImmediate;

/** What a server keeps of one queue. */
interface Stored {
  readonly jobs: Map<string, JobJson>;
  readonly waiting: string[];
  readonly events: [id: string, fields: string[]][];
  readonly listeners: Set<() => void>;
}

/**
 * A store of bullmq in this process, as bullmq lets others bring one: jobs are added, taken, finished, and told of. No
 * delays, priorities, repeats or locks. Every answer comes in a later turn of the event loop.
 */
export class MemoryStore {
  readonly #queues = new Map<string, Stored>();
  /** For the `backendFactory` of queues, workers and their events. */
  readonly backend = (name: string): IQueueBackend => this.of(name) as never;

  /** A connection of its own to a queue. */
  of(name: string): MemoryBackend {
    return new MemoryBackend(name, this.#stored(name));
  }

  #stored(name: string): Stored {
    const stored = this.#queues.get(name) ?? { jobs: new Map(), waiting: [], events: [], listeners: new Set() };
    this.#queues.set(name, stored);
    return stored;
  }

  /** Takes the next job of a queue, as the worker of another process does, and finishes it. */
  async finishElsewhere(name: string): Promise<void> {
    const backend = this.of(name);
    const [job] = await backend.moveToActive();
    if (job === undefined) return;
    await backend.moveToCompleted({ id: (job as JobJson).id }, 'elsewhere', false, '', false);
  }
}

/** When a job was finished, and the next one if that was asked for. */
interface Finished {
  readonly finishedOn: number;
  readonly result: unknown[] | undefined;
}

/** What bullmq asks of a store. */
export class MemoryBackend {
  readonly qualifiedName: string;
  readonly keys = {};
  readonly minimumBlockTimeout = 0.001;
  closing: Promise<void> | undefined;
  #isCut = false;
  readonly #stored: Stored;

  constructor(name: string, stored: Stored) {
    this.qualifiedName = `memory:${name}`;
    this.#stored = stored;
  }

  on(): this {
    return this;
  }

  toKey(type: string): string {
    return `${this.qualifiedName}:${type}`;
  }

  clientName(): string {
    return this.qualifiedName;
  }

  async waitUntilReady(): Promise<void> {
    await answered();
  }

  async setName(): Promise<void> {}

  async setQueueMeta(): Promise<number> {
    return 0;
  }

  async moveStalledJobsToWait(): Promise<readonly string[]> {
    return [];
  }

  async extendLocks(): Promise<readonly string[]> {
    return [];
  }

  async addJob(job: JobJson, id = `${this.#stored.jobs.size + 1}`): Promise<string> {
    await answered();
    this.#stored.jobs.set(id, { ...job, id });
    this.#stored.waiting.push(id);
    this.#tell('waiting', id, []);
    return id;
  }

  async moveToActive(): Promise<unknown[]> {
    await answered();
    return this.#next();
  }

  async moveToCompleted(
    job: { readonly id: string },
    value: unknown,
    _keep: unknown,
    _token: string,
    next: boolean,
  ): Promise<Finished> {
    return this.#finish(job.id, 'completed', ['returnvalue', JSON.stringify(value ?? null)], next);
  }

  async moveToFailed(
    job: { readonly id: string },
    reason: string,
    _keep: unknown,
    _token: string,
    next: boolean,
  ): Promise<Finished> {
    return this.#finish(job.id, 'failed', ['failedReason', reason], next);
  }

  async isFinished(id: string): Promise<unknown> {
    await answered();
    const job = this.#stored.jobs.get(id);
    if (job?.finishedOn === undefined) return [0, null];
    return job.failedReason ? [2, job.failedReason] : [1, job.returnvalue];
  }

  async waitForJob(): Promise<unknown> {
    const { waiting } = this.#stored;
    while (waiting.length === 0 && this.closing === undefined && !this.#isCut) await this.#told();
    return waiting.length === 0 ? null : { member: '0', score: 0 };
  }

  async readEvents(id: string): Promise<unknown> {
    const { events } = this.#stored;
    const last = id === '$' ? events.length : Number(id);
    while (events.length === last && this.closing === undefined) await this.#told();
    return events.length === last ? null : [['events', events.slice(last)]];
  }

  async disconnectBlocking(): Promise<void> {
    this.#isCut = true;
    this.#wake();
  }

  async reconnectBlocking(): Promise<void> {
    this.#isCut = false;
  }

  async disconnect(): Promise<void> {
    await this.close();
  }

  async close(): Promise<void> {
    this.closing ??= Promise.resolve();
    this.#wake();
    await answered();
  }

  #next(): unknown[] {
    const id = this.#stored.waiting.shift();
    return id === undefined ? [] : [this.#stored.jobs.get(id), id, 0, 0];
  }

  async #finish(id: string, event: string, fields: readonly string[], fetchNext: boolean): Promise<Finished> {
    await answered();
    const finishedOn = Date.now();
    const job = this.#stored.jobs.get(id) as JobJson;
    const [, value = ''] = fields;
    this.#stored.jobs.set(id, { ...job, finishedOn, [event === 'failed' ? 'failedReason' : 'returnvalue']: value });
    this.#tell(event, id, fields);
    return { finishedOn, result: fetchNext ? this.#next() : undefined };
  }

  #tell(event: string, jobId: string, fields: readonly string[]): void {
    const { events } = this.#stored;
    events.push([`${events.length + 1}`, ['event', event, 'jobId', jobId, ...fields]]);
    this.#wake();
  }

  #wake(): void {
    for (const listener of this.#stored.listeners) later(listener);
    this.#stored.listeners.clear();
  }

  #told(): Promise<void> {
    return new Promise((resolve) => this.#stored.listeners.add(resolve));
  }
}

function answered(): Promise<void> {
  return new Promise((resolve) => later(resolve));
}
