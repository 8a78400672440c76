import { EventEmitter } from 'node:events';
import type { Job, JobJson } from 'bullmq';
import type { MemoryBackend, MemoryStore } from './bullmq.ts';

/** What a script of bullmq 5 is for: the methods of a prototype that send it to the server. */
type Scripts = Record<string, (this: { readonly queue: { readonly name: string } }, ...args: never[]) => unknown>;

/**
 * Lets the scripts of bullmq 5 reach this store instead of a Redis server: they are Lua, which nothing here runs. What calls
 * them is the package's own. @returns what restores them
 */
export function scriptsReach(store: MemoryStore, scripts: Scripts): () => void {
  const replaced: Scripts = {
    addJob(_client: unknown, job: JobJson, _options: unknown, id: string | undefined) {
      return store.of(this.queue.name).addJob({ ...job, opts: JSON.stringify(job.opts) as never }, id);
    },
    moveToActive() {
      return store.of(this.queue.name).moveToActive();
    },
    moveToCompletedArgs: (job: Job, value: string | undefined, _keep: unknown, _token: string, next: boolean) => {
      return argsOf('moveToCompleted', job, JSON.parse(value ?? 'null') as unknown, next);
    },
    moveToFailedArgs: (job: Job, reason: string, _keep: unknown, _token: string, next: boolean) => {
      return argsOf('moveToFailed', job, reason, next);
    },
    async moveToFinished(_id: string, [name, ...args]: ReturnType<typeof argsOf>) {
      return (await store.of(this.queue.name)[name](...args)).result;
    },
    isFinished(id: string) {
      return store.of(this.queue.name).isFinished(id);
    },
    extendLocks: async () => [],
    moveStalledJobsToWait: async () => [[], []],
  };
  const originals = Object.fromEntries(Object.keys(replaced).map((name) => [name, scripts[name]]));
  Object.assign(scripts, replaced);
  return () => Object.assign(scripts, originals);
}

function argsOf(name: 'moveToCompleted' | 'moveToFailed', { id = '' }: Job, value: unknown, next: boolean) {
  return [name, { id }, value as string, null, '', next] as const;
}

/** A connection as bullmq 5 uses one of ioredis, to one queue of the store. */
export class MemoryConnection extends EventEmitter {
  status = 'ready';
  readonly options = {};
  readonly #backend: MemoryBackend;
  readonly #copy: () => MemoryConnection;

  constructor(store: MemoryStore, queue: string) {
    super();
    this.#backend = store.of(queue);
    this.#copy = () => new MemoryConnection(store, queue);
  }

  duplicate(): MemoryConnection {
    return this.#copy();
  }

  async connect(): Promise<void> {
    await this.#backend.reconnectBlocking();
    this.status = 'ready';
  }

  disconnect(): void {
    void this.#backend.disconnectBlocking();
    this.status = 'end';
    this.emit('end');
  }

  async quit(): Promise<void> {
    await this.#backend.close();
  }

  async info(): Promise<string> {
    return 'redis_version:7.2.0';
  }

  defineCommand(): void {}

  async client(): Promise<void> {}

  async hmset(): Promise<void> {}

  async bzpopmin(): Promise<unknown> {
    const job = await this.#backend.waitForJob();
    return job === null ? null : ['marker', '0', '0'];
  }

  async xread(...args: unknown[]): Promise<unknown> {
    return this.#backend.readEvents(String(args.at(-1)));
  }
}
