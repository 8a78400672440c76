import type { EventContext } from '../../src/core/event-context.ts';
import { defineHow } from '../../src/core/how.ts';
import type { TrackedObject } from '../../src/core/tracked-object.ts';
import type { Wait } from '../../src/core/wait.ts';
import * as hooks from '../../src/sync/hooks.ts';
import type { NamedPlace } from '../first-use.ts';
import { trackDistinct } from '../watched-pool.ts';
import { type Blocking, blockingOf, producedBy, type RedisCommand } from './redis-commands.ts';

const REPLY = defineHow({ startLabel: 'block', waitLabel: 'command', eventLabel: 'reply' });
const KEY = defineHow({ sleeps: true, startLabel: 'push', waitLabel: 'pop', eventLabel: 'push' });

/** Keys that are told apart; more than that are one class: keys may be made for one use each. */
const MAX_KEY_CLASSES = 64;

/** What commands of this process are blocked for. */
interface AwaitedKey {
  readonly object: TrackedObject;
  /** How many of these commands have no reply yet. */
  waiting: number;
  /** Those for whom nothing has been put there, in the order of the server. */
  readonly unserved: Set<Wait>;
}

/** By server and name. */
const awaitedKeys = new Map<string, AwaitedKey>();
const keyNames = new Set<string>();

/** A command that waits for its reply. */
export interface Sent {
  /** What whoever gets the reply waits for. */
  readonly wait: Wait | null;
  /** There is a reply, or there will be none; call it before the program hears of it. */
  end(isReply: boolean): void;
}

/**
 * A connection as its client tells of it. Replies come in order, so what is sent after a blocking command waits for it; and who
 * would end it may be what was sent after it.
 */
export abstract class RedisConnection {
  /** From its first blocking command on: before that no command waits for another. */
  #object: TrackedObject | null = null;

  /** A key as everybody calls it who can put something there. */
  protected abstract keyOf(key: string): string;

  /** Where the program sends the command that runs now; null when nobody listens. */
  protected abstract placeOf(command: string): NamedPlace | null;

  /** @returns null for a command that waits for nobody */
  send(command: RedisCommand, isInTransaction: boolean): Sent | null {
    const blocking = isInTransaction ? null : blockingOf(command);
    if (blocking !== null) return this.#block(command, blocking);
    const produced = awaitedKeys.size === 0 ? null : producedBy(command);
    const key = produced === null ? undefined : awaitedKeys.get(this.keyOf(produced));
    if (this.#object?.isHeld === true) return behind(this.#object, key ?? null);
    if (key !== undefined) {
      hooks.event(key.object, KEY);
      serve(key);
    }
    return null;
  }

  /** The command has the connection to itself until a key gets something. */
  #block(command: RedisCommand, blocking: Blocking): Sent | null {
    const place = this.#object === null ? this.placeOf(command.name) : null;
    if (place !== null) this.#object = trackDistinct('connection', place, 1);
    const connection = this.#object;
    if (connection === null) return null;
    const turn = hooks.wait(connection, REPLY);
    let held: EventContext | null = null;
    if (connection.isHeld) hooks.blocked(turn);
    else held = hooks.granted(turn);
    const [key = '', ...others] = blocking.keys;
    // With several keys any of them will do, so none of them is waited for.
    const name = others.length > 0 ? null : this.keyOf(key);
    const awaited = name === null ? null : trackKey(name, `${blocking.kind}:${key}`);
    const pop = hooks.resume(turn, () => sleepFor(awaited?.object ?? null, blocking.timeoutMs));
    if (pop !== null) awaited?.unserved.add(pop);
    return {
      wait: pop ?? turn,
      end(isReply) {
        held ??= hooks.granted(turn);
        hooks.waited(pop, isReply ? 'fired' : 'cancelled');
        hooks.resume(pop ?? turn, () => hooks.exit(held));
        if (name !== null && awaited !== null) forgetKey(name, awaited, pop);
      },
    };
  }
}

function sleepFor(object: TrackedObject | null, timeoutMs: number | null): Wait | null {
  const pop = hooks.wait(object, KEY, timeoutMs === null ? null : { timeoutMs });
  hooks.blocked(pop);
  return pop;
}

/** The command waits for the reply to a blocking one; and owes the event if it is the one who brings it. */
function behind(connection: TrackedObject, key: AwaitedKey | null): Sent {
  const turn = hooks.wait(connection, REPLY);
  // As a part of this wait alone: what the caller does next owes nothing.
  const owed = hooks.resume(turn, () => {
    const held = hooks.enter(key?.object ?? null, KEY);
    hooks.blocked(turn);
    return held;
  });
  return {
    wait: turn,
    end(isReply) {
      hooks.waited(turn, isReply ? 'fired' : 'cancelled');
      hooks.resume(turn, () => hooks.exit(owed));
      if (key !== null && isReply) serve(key);
    },
  };
}

/** Who has waited longest gets it. Its reply comes over another connection, and later than what is done meanwhile. */
function serve({ unserved }: AwaitedKey): void {
  const [first] = unserved;
  if (first === undefined) return;
  unserved.delete(first);
  hooks.waited(first);
}

/** A key while somebody is blocked for it. */
function trackKey(key: string, name: string): AwaitedKey | null {
  const known = awaitedKeys.get(key);
  if (known !== undefined) {
    known.waiting++;
    return known;
  }
  const isOwn = keyNames.has(name) || keyNames.size < MAX_KEY_CLASSES;
  if (isOwn) keyNames.add(name);
  const object = hooks.track({ kind: 'event', name: isOwn ? name : name.replace(/:.*/s, ''), label: name });
  if (object === null) return null;
  const awaited = { object, waiting: 1, unserved: new Set<Wait>() };
  awaitedKeys.set(key, awaited);
  return awaited;
}

function forgetKey(key: string, known: AwaitedKey, pop: Wait | null): void {
  if (pop !== null) known.unserved.delete(pop);
  if (--known.waiting > 0) return;
  awaitedKeys.delete(key);
  // Other processes put something there, and scripts: of most keys no event is seen.
  hooks.withdraw(known.object);
}
