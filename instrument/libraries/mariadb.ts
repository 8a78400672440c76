import type { Outcome } from '../../src/core/vocabulary.ts';
import type { Wait } from '../../src/core/wait.ts';
import * as hooks from '../../src/sync/hooks.ts';
import { placeOfCreation } from '../first-use.ts';
import { applied } from '../patches/applied.ts';
import { carryCallbacks } from '../patches/carried-callbacks.ts';
import { patchClass, restoreAll } from '../patches/class-patch.ts';
import { replaced } from '../patches/replaced.ts';
import { standIn } from '../patches/stand-in.ts';
import { endedWith } from '../shapes/ended-with.ts';
import { hasMethods } from '../shapes/has-methods.ts';
import { releasingMethod } from '../shapes/lent.ts';
import { poolVerbs, refuse, watchedPool } from '../watched-pool.ts';
import type { Callable, LibraryAdapter } from './adapter.ts';
import { type MariadbLimits, type MariadbOptions, readLimits } from './mariadb-limits.ts';

const VERBS = poolVerbs('getConnection', 'release');
const BORROWING = ['query', 'execute', 'batch', 'importFile'] as const;
/** All of them give a connection back, or make it leave its pool. */
const GIVING_BACK = ['release', 'end', 'close', 'destroy'] as const;
const CARRYING = [...BORROWING, 'ping', 'beginTransaction', 'commit', 'rollback', 'changeUser', 'reset'] as const;

type Pool = Record<'getConnection' | (typeof BORROWING)[number], Callable>;
type Maker = (options: MariadbOptions) => unknown;

type Ended = (wait: Wait | null, given: unknown) => void;

/**
 * mariadb 3. All that has a connection to itself is behind private fields, and 3.5 is one minified file to CommonJS, so a pool
 * is watched from outside: as `createPool` gives it, with promises or, from `mariadb/callback`, with callbacks.
 */
export const mariadb: LibraryAdapter = {
  name: 'mariadb',
  versions: '>=3.0.0 <4.0.0',
  rebinds: ['createPool'],
  modules: /(?:dist\/)?(?:promise|callback)\.[cm]?js/,
  patch(exports, rebind) {
    const undo: (() => void)[] = [];
    const watchedMaker = <F>(make: F): F =>
      standIn(make as Maker, (self, args) => {
        const pool = applied(make as Callable, self, args);
        if (hasMethods(pool, ['getConnection', 'query']))
          watchPool(pool as Pool, readLimits(args[0] as MariadbOptions), undo);
        return pool;
      }) as F;
    if (!rebind('createPool', watchedMaker)) return null;
    const all = exports['default'] as { createPool?: Maker } | undefined;
    if (typeof all?.createPool === 'function')
      undo.push(replaced(all as { createPool: Maker }, 'createPool', watchedMaker));
    return () => restoreAll(undo.splice(0))?.();
  },
};

function watchPool(pool: Pool, { connectionLimit, timeoutMs }: MariadbLimits, undo: (() => void)[]): void {
  const watched = watchedPool(pool, VERBS, connectionLimit, () => placeOfCreation('pool'));
  if (watched === null) return;
  const watch = (name: keyof Pool, ended: Ended): void => {
    // Not all versions have each of them.
    if (!hasMethods(pool, [name])) return;
    replaced(pool, name, (method) =>
      standIn(method, (self, args) => {
        if (args.some((arg) => typeof arg === 'function')) {
          return withCallback(method, self, args, watched.ask(timeoutMs), ended);
        }
        const result = applied(method, self, args);
        // Without a callback nobody waits for what others call back.
        return result instanceof Promise ? withPromise(result, watched.ask(timeoutMs), ended) : result;
      }),
    );
  };
  watch('getConnection', (wait, connection) => {
    const restore = patchClass((connection as object).constructor, 'query', carryAll);
    if (restore !== null) undo.push(restore);
    watched.lend(wait, connection);
    const loan = { release: () => watched.takeBack(connection) };
    for (const name of GIVING_BACK) releasingMethod(loan, connection, name);
  });
  // Nobody of the program has the connection meanwhile.
  for (const name of BORROWING) watch(name, (wait) => hooks.waited(wait));
}

/** It sleeps at once, as whoever calls back later is all that it waits for. */
function withCallback(method: Callable, self: unknown, args: unknown[], wait: Wait | null, ended: Ended): unknown {
  const at = args.findLastIndex((arg) => typeof arg === 'function');
  const callback = args[at] as Callable;
  args[at] = standIn(callback, (of, results) => {
    const [error, given] = results;
    if (error === undefined || error === null) ended(wait, given);
    else refuse(wait, outcomeOf(error));
    return hooks.resume(wait, () => applied(callback, of, results));
  });
  try {
    const result = applied(method, self, args);
    if (wait?.pending === true) hooks.blocked(wait);
    return result;
  } catch (error) {
    refuse(wait);
    throw error;
  }
}

function withPromise(promise: Promise<unknown>, wait: Wait | null, ended: Ended): Promise<unknown> {
  return endedWith(
    promise,
    wait,
    (given) => ended(wait, given),
    (reason) => refuse(wait, outcomeOf(reason)),
    () => hooks.follow(promise, wait),
  );
}

function carryAll(connection: Record<(typeof CARRYING)[number], Callable>): () => void {
  return carryCallbacks(connection, CARRYING);
}

function outcomeOf(error: unknown): Outcome {
  return (error as { readonly code?: unknown } | null)?.code === 'ER_GET_CONNECTION_TIMEOUT'
    ? 'timed-out'
    : 'cancelled';
}
