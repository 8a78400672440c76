import { EventEmitter } from 'node:events';
import { createRequire } from 'node:module';

// Taken before anything is patched: a server's answers come from a socket, which knows nothing of who asked.
const later = setImmediate;

const { Unpackr } = createRequire(createRequire(import.meta.url).resolve('bull'))('msgpackr') as {
  Unpackr: new (options: object) => { unpack(packed: Uint8Array): unknown };
};
const packed = new Unpackr({ useRecords: false });

type Fields = Record<string, string>;
type Words = readonly (string | Uint8Array)[];

/** What a server keeps of one queue. */
interface Stored {
  readonly jobs: Map<string, Fields>;
  readonly waiting: string[];
  readonly active: string[];
}

/**
 * What bull 4 needs of a Redis server, with its scripts as methods: jobs are added, taken, finished, and told of. No delays,
 * priorities, retries or locks. Every answer comes in a later turn of the event loop.
 */
export class BullServer {
  readonly #queues = new Map<string, Stored>();
  readonly #clients = new Set<BullClient>();

  /** For `createClient`. */
  readonly client = (): BullClient => {
    const client = new BullClient(this);
    this.#clients.add(client);
    return client;
  };

  /** @param key of anything of the queue: its name stands between the first two colons */
  of(key: string): Stored {
    const name = key.split(':')[1] ?? '';
    const stored = this.#queues.get(name) ?? { jobs: new Map(), waiting: [], active: [] };
    this.#queues.set(name, stored);
    return stored;
  }

  /** Tells everybody that something has happened on a channel. */
  tell(channel: string, message: string): void {
    for (const client of this.#clients) later(() => client.emit('message', channel, message));
  }

  /** Somebody may have what he waits for. */
  wake(): void {
    for (const client of this.#clients) later(() => client.emit('added'));
  }
}

class BullClient extends EventEmitter {
  status = 'ready';
  readonly options = {};
  readonly #server: BullServer;

  constructor(server: BullServer) {
    super();
    this.setMaxListeners(0);
    this.#server = server;
  }

  async addJob([wait, ...words]: Words): Promise<string> {
    await answered();
    const { jobs, waiting } = this.#server.of(String(wait));
    const [, own, name, data, opts, timestamp] = words.slice(5) as [string, string, string, string, Uint8Array, string];
    const id = own || `${jobs.size + 1}`;
    jobs.set(id, { id, name, data, opts: String(packed.unpack(opts)), timestamp, delay: '0' });
    waiting.push(id);
    this.#server.wake();
    return id;
  }

  async brpoplpush(wait: string): Promise<string | null> {
    const { waiting, active } = this.#server.of(wait);
    await answered();
    while (waiting.length === 0 && this.status === 'ready') {
      await new Promise<void>((resolve) => this.once('added', resolve));
    }
    const id = waiting.shift();
    if (id === undefined) throw new Error('Connection is closed.');
    active.push(id);
    return id;
  }

  async moveToActive(words: Words): Promise<unknown> {
    await answered();
    return this.#next(String(words[0]), words[12] as string | undefined);
  }

  async moveToFinished(words: Words): Promise<unknown> {
    await answered();
    const [active, target] = words as readonly string[];
    const [id, finishedOn, property, value, , , message, fetchNext] = words.slice(9) as [string, ...string[]];
    const { jobs } = this.#server.of(String(active));
    jobs.set(id, { ...jobs.get(id), finishedOn: `${finishedOn}`, [`${property}`]: `${value}` });
    this.#server.tell(String(target), `${message}`);
    return Number(fetchNext) === 1 ? this.#next(String(active)) : 0;
  }

  async isFinished([completed, , id]: Words): Promise<number> {
    await answered();
    const job = this.#server.of(String(completed)).jobs.get(String(id));
    if (job?.['finishedOn'] === undefined) return 0;
    return job['failedReason'] === undefined ? 1 : 2;
  }

  async hgetall(key: string): Promise<Fields> {
    await answered();
    return this.#server.of(key).jobs.get(key.split(':')[2] ?? '') ?? {};
  }

  multi(): object {
    const commands: (() => Promise<unknown>)[] = [];
    return {
      saveStacktrace: () => undefined,
      moveToFinished: (words: Words) => void commands.push(() => this.moveToFinished(words)),
      exec: async () => Promise.all(commands.map(async (command) => [null, await command()])),
    };
  }

  defineCommand(): void {}

  async client(): Promise<string> {
    await answered();
    return 'OK';
  }

  async subscribe(): Promise<void> {
    await answered();
  }

  async moveStalledJobsToWait(): Promise<readonly unknown[]> {
    await answered();
    return [[], []];
  }

  async updateDelaySet(): Promise<number> {
    await answered();
    return 0;
  }

  async connect(): Promise<void> {
    this.status = 'ready';
  }

  async quit(): Promise<void> {
    this.disconnect();
  }

  disconnect(): void {
    this.status = 'end';
    later(() => {
      this.emit('end');
      this.emit('added');
    });
  }

  #next(key: string, id?: string): unknown {
    const { jobs, waiting } = this.#server.of(key);
    const next = id ?? waiting.shift();
    return next === undefined ? null : [Object.entries(jobs.get(next) ?? {}).flat(), next];
  }
}

function answered(): Promise<void> {
  return new Promise((resolve) => later(resolve));
}
