import * as hooks from '../../src/sync/hooks.ts';
import { type NamedPlace, placeOfUse } from '../first-use.ts';
import { patchClass, restoreAll } from '../patches/class-patch.ts';
import { dressed } from '../patches/stand-in.ts';
import { endedWith } from '../shapes/ended-with.ts';
import type { LibraryAdapter } from './adapter.ts';
import { patchPool } from './node-redis-pool.ts';
import { RedisConnection } from './redis-connection.ts';

/** As the client calls the commands that block. */
const BLOCKING = ['blPop', 'brPop', 'brPopLPush', 'blMove', 'blmPop', 'bzPopMin', 'bzPopMax', 'bzmPop'];
const METHODS = [...BLOCKING, 'xReadGroup', 'xRead'].flatMap((name) => [name, name.toUpperCase()]);

type Args = readonly unknown[];

interface CommandOptions {
  /** Of the commands that are sent without another one in between. */
  readonly chainId?: symbol | null;
  /** Before those that are not sent yet. */
  readonly asap?: boolean;
}

interface Queue {
  addCommand(args: Args, options?: CommandOptions): Promise<unknown>;
}

interface Client {
  /** Clients are made for the options of commands, and share what is in this one. */
  readonly _self: Client;
  readonly options?: {
    readonly socket?: { readonly host?: string; readonly port?: number; readonly path?: string };
    readonly database?: number;
  };
  sendCommand(args: Args, options?: CommandOptions): Promise<unknown>;
  _executeMulti(commands: unknown, ...rest: unknown[]): Promise<unknown>;
}

const connections = new WeakMap<Queue, Connection>();
/** Whose queue a command is added to now. */
let sender: Client | null = null;

/** The client of redis 4 (1.x), 5 and 6, with their pools; those that redis 4 has are of generic-pool. */
export const nodeRedis: LibraryAdapter = {
  name: '@redis/client',
  versions: '>=1.0.6 <7.0.0',
  modules: /dist\/lib\/client\/(?:index|commands-queue|pool)\.js/,
  patch(exports) {
    return restoreAll([
      patchClass<Queue>(exports['default'], 'addCommand', patchQueue),
      patchClass<Client>(exports['default'], 'sendCommand', patchClient, ['_executeMulti']),
      patchPool(exports['RedisClientPool']),
    ]);
  },
};

function patchQueue(prototype: Queue): () => void {
  const { addCommand } = prototype;
  prototype.addCommand = dressed(function watched(this: Queue, args: Args, options?: CommandOptions) {
    // What the client says before all others, when it connects, is not waited for by the program.
    const isOwn = options?.asap === true || !Array.isArray(args);
    if (isOwn || hooks.activeSession() === null) return addCommand.call(this, args, options);
    const connection = connections.get(this) ?? new Connection();
    connections.set(this, connection);
    const sent = connection.add(args, options ?? {});
    const reply = addCommand.call(this, args, options);
    if (sent === null) return reply;
    const ended = (isReply: boolean) => (): void => sent.end(isReply);
    return endedWith(reply, sent.wait, ended(true), ended(false));
  }, addCommand);
  return () => {
    prototype.addCommand = addCommand;
  };
}

/** The queue of a client does not know where its commands go; before 5 nobody tells. */
function patchClient(prototype: Client): () => void {
  const { sendCommand, _executeMulti } = prototype;
  prototype.sendCommand = dressed(function watched(this: Client, args: Args, options?: CommandOptions) {
    return sending(this, () => sendCommand.call(this, args, options));
  }, sendCommand);
  prototype._executeMulti = dressed(function watched(this: Client, commands: unknown, ...rest: unknown[]) {
    return sending(this, () => _executeMulti.call(this, commands, ...rest));
  }, _executeMulti);
  return () => Object.assign(prototype, { sendCommand, _executeMulti });
}

function sending(client: Client, send: () => Promise<unknown>): Promise<unknown> {
  const outer = sender;
  sender = client._self;
  try {
    return send();
  } finally {
    sender = outer;
  }
}

let clients = 0;

class Connection extends RedisConnection {
  /** Of a server that is not known no other connection is known to have the same keys. */
  #server = `client ${++clients}`;
  #database: string | null = null;
  /** Commands of this chain are run together, by EXEC, and do not block. */
  #transaction: symbol | null = null;

  add([command, ...args]: Args, { chainId = null }: CommandOptions): ReturnType<RedisConnection['send']> {
    const name = String(command);
    if (sender !== null) this.#isOf(sender);
    if (name === 'MULTI') this.#transaction = chainId;
    if (name === 'SELECT') this.#database = String(args[0]);
    return this.send({ name, args }, chainId !== null && chainId === this.#transaction);
  }

  protected keyOf(key: string): string {
    return `${this.#server}/${this.#database ?? 0}/${key}`;
  }

  protected placeOf(): NamedPlace | null {
    return placeOfUse('RedisClient', [...METHODS, 'sendCommand', 'execAsPipeline', 'exec']);
  }

  #isOf({ options = {} }: Client): void {
    const { host = 'localhost', port = 6379, path } = options.socket ?? {};
    this.#server = path ?? `${host}:${port}`;
    this.#database ??= String(options.database ?? 0);
  }
}
