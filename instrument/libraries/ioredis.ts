import type { EventContext } from '../../src/core/event-context.ts';
import { defineHow } from '../../src/core/how.ts';
import type { TrackedObject } from '../../src/core/tracked-object.ts';
import type { Wait } from '../../src/core/wait.ts';
import * as hooks from '../../src/sync/hooks.ts';
import { patchClass, restoreAll } from '../class-patch.ts';
import { placeOfUse } from '../first-use.ts';
import { trackDistinct } from '../watched-pool.ts';
import type { LibraryAdapter } from './adapter.ts';
import { type Blocking, blockingOf, producedBy, type RedisCommand } from './redis-commands.ts';

const REPLY = defineHow({ startLabel: 'block', waitLabel: 'command', eventLabel: 'reply' });
const KEY = defineHow({ sleeps: true, startLabel: 'push', waitLabel: 'pop', eventLabel: 'push' });

/** Keys that are told apart; more than that are one class: keys may be made for one use each. */
const MAX_KEY_CLASSES = 64;

interface Command extends RedisCommand {
  readonly promise: object;
  readonly inTransaction: boolean;
  resolve: (value: unknown) => unknown;
  reject: (error: unknown) => unknown;
}

interface Redis {
  readonly options: { readonly host?: string; readonly port?: number; readonly path?: string };
  readonly condition?: { readonly select?: number } | null;
  sendCommand(command: Command, stream?: unknown): unknown;
}

/** Connections that have ever been blocked; on the others no command waits for another. */
const blockedOnce = new WeakMap<Redis, TrackedObject>();
/** Keys that a command of this process is blocked for, by server and name. */
const awaitedKeys = new Map<string, { readonly object: TrackedObject; waiting: number }>();
const keyNames = new Set<string>();
/** A command is sent again after a reconnection, and when it was queued before the connection was there. */
const sent = new WeakSet<Command>();

/**
 * ioredis 4.28 to 6: replies come in order, so what is sent after a blocking command waits for it; and who would end it may be
 * what was sent after it.
 */
export const ioredis: LibraryAdapter = {
  name: 'ioredis',
  versions: '>=4.28.0 <7.0.0',
  patch(exports) {
    return restoreAll(
      [exports, exports['Redis'], exports['default']].map((made) => patchClass(made, 'sendCommand', patchRedis)),
    );
  },
};

function patchRedis(prototype: Redis): () => void {
  const { sendCommand } = prototype;
  prototype.sendCommand = {
    sendCommand(this: Redis, command: Command, stream?: unknown): unknown {
      if (hooks.activeSession() !== null && !sent.has(command)) {
        sent.add(command);
        watch(this, command);
      }
      return sendCommand.call(this, command, stream);
    },
  }.sendCommand;
  return () => Object.assign(prototype, { sendCommand });
}

function watch(redis: Redis, command: Command): void {
  const blocking = command.inTransaction ? null : blockingOf(command);
  if (blocking !== null) {
    block(redis, command, blocking);
    return;
  }
  const produced = awaitedKeys.size === 0 ? null : producedBy(command);
  const key = produced === null ? undefined : awaitedKeys.get(keyOn(redis, produced))?.object;
  const connection = blockedOnce.get(redis);
  if (connection !== undefined && connection.holders.length > 0) behind(connection, key ?? null, command);
  else if (key !== undefined) hooks.event(key, KEY);
}

/** The command has its connection to itself until a key gets something. */
function block(redis: Redis, command: Command, blocking: Blocking): void {
  const connection = blockedOnce.get(redis) ?? trackConnection(command.name);
  if (connection === null) return;
  blockedOnce.set(redis, connection);
  const turn = hooks.wait(connection, REPLY);
  let held: EventContext | null = null;
  if (connection.holders.length > 0) hooks.blocked(turn);
  else held = hooks.granted(turn);
  const [key = '', ...others] = blocking.keys;
  // With several keys any of them will do, so none of them is waited for.
  const name = others.length > 0 ? null : keyOn(redis, key);
  const object = name === null ? null : trackKey(name, `${blocking.kind}:${key}`);
  const pop = hooks.resume(turn, () => sleepFor(object, blocking.timeoutMs));
  settles(command, (isReply) => {
    held ??= hooks.granted(turn);
    hooks.waited(pop, isReply ? 'fired' : 'cancelled');
    hooks.resume(pop ?? turn, () => hooks.exit(held));
    if (name !== null) forgetKey(name);
  });
  hooks.bind(command.promise, pop ?? turn);
}

function sleepFor(object: TrackedObject | null, timeoutMs: number | null): Wait | null {
  const pop = hooks.wait(object, KEY, timeoutMs === null ? null : { timeoutMs });
  hooks.blocked(pop);
  return pop;
}

/** The command waits for the reply to a blocking one; and owes the event if it is the one who brings it. */
function behind(connection: TrackedObject, key: TrackedObject | null, command: Command): void {
  const turn = hooks.wait(connection, REPLY);
  // As a part of this wait alone: what the caller does next owes nothing.
  const owed = hooks.resume(turn, () => {
    const held = hooks.enter(key, KEY);
    hooks.blocked(turn);
    return held;
  });
  settles(command, (isReply) => {
    hooks.waited(turn, isReply ? 'fired' : 'cancelled');
    hooks.resume(turn, () => hooks.exit(owed));
  });
  hooks.bind(command.promise, turn);
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

function trackConnection(command: string): TrackedObject | null {
  const place = placeOfUse('Redis', [command, `${command}Buffer`, 'call', 'exec']);
  return place === null ? null : trackDistinct('connection', place, 1);
}

/** The object of a key while somebody is blocked for it. */
function trackKey(key: string, name: string): TrackedObject | null {
  const known = awaitedKeys.get(key);
  if (known !== undefined) {
    known.waiting++;
    return known.object;
  }
  const isOwn = keyNames.has(name) || keyNames.size < MAX_KEY_CLASSES;
  if (isOwn) keyNames.add(name);
  const object = hooks.track({ kind: 'event', name: isOwn ? name : name.replace(/:.*/s, ''), label: name });
  if (object !== null) awaitedKeys.set(key, { object, waiting: 1 });
  return object;
}

function forgetKey(key: string): void {
  const known = awaitedKeys.get(key);
  if (known !== undefined && --known.waiting === 0) awaitedKeys.delete(key);
}

/** A key of one server and database, as far as the options tell. */
function keyOn({ options, condition }: Redis, key: string): string {
  const { host = 'localhost', port = 6379, path } = options;
  return `${path ?? `${host}:${port}`}/${condition?.select ?? 0}/${key}`;
}
