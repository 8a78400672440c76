import * as hooks from '../../src/sync/hooks.ts';
import { type NamedPlace, placeOfUse } from '../first-use.ts';
import { patchClass, restoreAll } from '../patches/class-patch.ts';
import type { LibraryAdapter } from './adapter.ts';
import type { RedisCommand } from './redis-commands.ts';
import { RedisConnection } from './redis-connection.ts';

interface Command extends RedisCommand {
  readonly promise: object;
  readonly inTransaction: boolean;
  resolve: (value: unknown) => unknown;
  reject: (error: unknown) => unknown;
}

interface Redis {
  readonly options: { readonly host?: string; readonly port?: number; readonly path?: string };
  readonly condition?: { readonly select?: number } | null;
  sendCommand(command: Command, ...rest: readonly unknown[]): unknown;
  /** Not in a Cluster, which hands commands on to the connections of its nodes. */
  monitor(): unknown;
}

const connections = new WeakMap<Redis, Connection>();
/** A command is sent again after a reconnection, and when it was queued before the connection was there. */
const sent = new WeakSet<Command>();

/** ioredis 4.28 to 6. */
export const ioredis: LibraryAdapter = {
  name: 'ioredis',
  versions: '>=4.28.0 <7.0.0',
  patch(exports) {
    return restoreAll(
      [exports, exports['Redis'], exports['default']].map((made) =>
        patchClass(made, 'sendCommand', patchRedis, ['monitor']),
      ),
    );
  },
};

function patchRedis(prototype: Redis): () => void {
  const { sendCommand } = prototype;
  prototype.sendCommand = {
    sendCommand(this: Redis, command: Command, ...rest: readonly unknown[]): unknown {
      if (hooks.activeSession() !== null && !sent.has(command)) {
        sent.add(command);
        watch(this, command);
      }
      return sendCommand.call(this, command, ...rest);
    },
  }.sendCommand;
  return () => Object.assign(prototype, { sendCommand });
}

function watch(redis: Redis, command: Command): void {
  const connection = connections.get(redis) ?? new Connection(redis);
  connections.set(redis, connection);
  const pending = connection.send(command, command.inTransaction);
  if (pending === null) return;
  settles(command, pending.end);
  hooks.bind(command.promise, pending.wait);
}

/** Tells of a reply, or that there will be none, before the program hears of it. */
function settles(command: Command, onEnd: (isReply: boolean) => void): void {
  const { resolve, reject } = command;
  let isOver = false;
  const end = (isReply: boolean): void => {
    if (isOver) return;
    isOver = true;
    onEnd(isReply);
  };
  command.resolve = (value) => {
    end(true);
    return resolve(value);
  };
  command.reject = (error) => {
    end(false);
    return reject(error);
  };
}

class Connection extends RedisConnection {
  readonly #redis: Redis;

  constructor(redis: Redis) {
    super();
    this.#redis = redis;
  }

  /** Of one server and database, as far as the options tell. */
  protected keyOf(key: string): string {
    const { options, condition } = this.#redis;
    const { host = 'localhost', port = 6379, path } = options;
    return `${path ?? `${host}:${port}`}/${condition?.select ?? 0}/${key}`;
  }

  protected placeOf(command: string): NamedPlace | null {
    return placeOfUse('Redis', [command, `${command}Buffer`, 'call', 'exec']);
  }
}
