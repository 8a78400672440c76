import type { Wait } from '../../src/core/wait.ts';
import * as hooks from '../../src/sync/hooks.ts';
import { placeOfUse } from '../first-use.ts';
import { patchClass } from '../patches/class-patch.ts';
import { poolVerbs, refuse, type WatchedPool, watchedPool } from '../watched-pool.ts';
import type { LibraryAdapter } from './adapter.ts';
import { lentBy } from './pg-listeners.ts';

const VERBS = poolVerbs('connect', 'release', 'end');
const WAIT: unique symbol = Symbol('dept.wait');

type Answer = (error: unknown, client?: unknown, release?: unknown) => unknown;

/** A request as it stands in the queue, or on its way to a new client. */
interface PendingItem {
  [WAIT]?: Wait | null;
  callback: Answer;
  timedOut?: boolean;
}

/** The parts of a Pool that its methods share; not in its public types. */
interface Internals {
  readonly options?: { readonly max: number; readonly connectionTimeoutMillis?: number };
  readonly _pendingQueue: PendingItem[];
  _endCallback: ((...args: unknown[]) => unknown) | undefined;
  readonly ended: boolean;
  connect(callback?: Answer): unknown;
  newClient(item: PendingItem): unknown;
  end(callback?: Answer): unknown;
  _acquireClient(client: object, item: PendingItem, ...rest: unknown[]): unknown;
  _release(client: object, ...rest: unknown[]): unknown;
  /** Runs the hook `onConnect`. */
  _promiseTry?(run: () => unknown): Promise<unknown>;
}

/**
 * pg-pool 3. `query`, TypeORM, knex and kysely all come through `connect`. A client is lent in `_acquireClient` and comes
 * back in `_release`, so `client.release()` and the `release` of the callback form are one.
 */
export const pgPool: LibraryAdapter = {
  name: 'pg-pool',
  versions: '>=3.0.0 <4.0.0',
  patch(exports) {
    return patchClass(exports, '_acquireClient', patchPool, ['connect', 'newClient', 'end', '_release']);
  },
};

function watched(pool: Internals): WatchedPool | null {
  return watchedPool(pool, VERBS, pool.options?.max ?? Infinity, () => placeOfUse('Pool', ['connect', 'query', 'end']));
}

function patchPool(prototype: Internals): () => void {
  const { connect, newClient, end, _acquireClient, _release, _promiseTry } = prototype;
  /** The wait of the `connect` that runs now, until its item is known. */
  let beginning: Wait | null = null;

  prototype.connect = {
    connect(this: Internals, callback?: Answer): unknown {
      // What is no function the package calls all the same, and fails in its own words.
      if (callback && typeof callback !== 'function') return connect.call(this, callback);
      const wait = watched(this)?.ask(this.options?.connectionTimeoutMillis || undefined) ?? null;
      const queued = this._pendingQueue?.length ?? 0;
      beginning = wait;
      try {
        const result = connect.call(this, callback && resumed(callback, wait));
        if (this._pendingQueue?.length > queued) tag(this._pendingQueue.at(-1) as PendingItem, wait);
        else if (beginning !== null) refuse(wait);
        return asleep(result, wait, !callback);
      } finally {
        beginning = null;
      }
    },
  }.connect;
  prototype.newClient = {
    newClient(this: Internals, item: PendingItem): unknown {
      if (beginning !== null) tag(item, beginning);
      beginning = null;
      const wait = item[WAIT] ?? null;
      if (wait === null) return newClient.call(this, item);
      const { callback } = item;
      // It has left the queue, where it would be looked for by its callback.
      item.callback = (error, ...rest) => {
        if (error) refuse(wait);
        return callback(error, ...rest);
      };
      return newClient.call(this, item);
    },
  }.newClient;
  prototype._acquireClient = {
    _acquireClient(this: Internals, client: object, item: PendingItem, ...rest: unknown[]): unknown {
      if (!item.timedOut) {
        const pool = watched(this);
        pool?.lend(item[WAIT] ?? null, client);
        lentBy(pool, client);
      }
      return _acquireClient.call(this, client, item, ...rest);
    },
  }._acquireClient;
  prototype._release = {
    _release(this: Internals, client: object, ...rest: unknown[]): unknown {
      watched(this)?.takeBack(client);
      return _release.call(this, client, ...rest);
    },
  }._release;
  prototype.end = {
    end(this: Internals, callback?: Answer): unknown {
      if (callback && typeof callback !== 'function') return end.call(this, callback);
      const wait = watched(this)?.askForAll() ?? null;
      const before = this._endCallback;
      const result = end.call(this, callback && resumed(callback, wait));
      const ended = this._endCallback;
      if (this.ended || ended === before || ended === undefined) refuse(wait, 'fired');
      else {
        this._endCallback = (...args) => {
          hooks.waited(wait);
          return ended(...args);
        };
      }
      return asleep(result, wait, !callback);
    },
  }.end;
  if (_promiseTry !== undefined) {
    prototype._promiseTry = {
      _promiseTry(this: Internals, run: () => unknown): Promise<unknown> {
        const tried = (): Promise<unknown> => _promiseTry.call(this, run);
        return watched(this)?.makes(tried) ?? tried();
      },
    }._promiseTry;
  }
  return () => {
    Object.assign(prototype, { connect, newClient, end, _acquireClient, _release }, _promiseTry && { _promiseTry });
  };
}

/** Who gets a promise sleeps when it awaits that, who gives a callback at once. */
function asleep(result: unknown, wait: Wait | null, isPromised: boolean): unknown {
  if (wait === null || !wait.pending) return isPromised && wait !== null ? hooks.bind(result as object, wait) : result;
  if (isPromised) return hooks.follow(result as object, wait);
  hooks.blocked(wait);
  return result;
}

/** A waiter's callback is its own code, whoever calls it. */
function resumed(callback: Answer, wait: Wait | null): Answer {
  return wait === null ? callback : (...args) => hooks.resume(wait, () => callback(...args));
}

/** The queue tells nobody when a request gives up: it only marks it. */
function tag(item: PendingItem, wait: Wait | null): void {
  if (wait === null || item[WAIT] !== undefined) return;
  item[WAIT] = wait;
  let timedOut: boolean | undefined;
  Object.defineProperty(item, 'timedOut', {
    get: () => timedOut,
    set: (value: boolean | undefined) => {
      timedOut = value;
      if (value === true) refuse(wait, 'timed-out');
    },
    enumerable: true,
    configurable: true,
  });
}
