import * as hooks from '../../src/sync/hooks.ts';
import { placeOfUse } from '../first-use.ts';
import { numberOf } from '../patches/passed-options.ts';
import { replaced } from '../patches/replaced.ts';
import { standIn } from '../patches/stand-in.ts';
import { endedWith } from '../shapes/ended-with.ts';
import { hasMethods } from '../shapes/has-methods.ts';
import { poolVerbs, refuse, type WatchedPool, watchedPool } from '../watched-pool.ts';
import type { LibraryAdapter } from './adapter.ts';

const VERBS = poolVerbs('acquire', 'release', 'end');

/** What names a pool is what a program calls to get one of its connections, for a query or for longer. */
const USES = [
  ...['connect', 'transaction', 'query', 'stream', 'exists'],
  ...['any', 'anyFirst', 'many', 'manyFirst', 'maybeOne', 'maybeOneFirst', 'one', 'oneFirst'],
];

/** It stays the same, whoever has it. */
interface Connection {
  on(event: 'release' | 'destroy', listener: () => void): unknown;
}

interface Pool {
  acquire(): Promise<Connection>;
}

type Maker = (options: object) => Pool;

/** slonik 46 to 49, which has a pool of its own. A connection that breaks is out of the pool, whoever has it. */
export const slonik: LibraryAdapter = {
  name: 'slonik',
  versions: '>=46.0.0 <50.0.0',
  rebinds: ['createConnectionPool'],
  modules: /dist\/factories\/createConnectionPool\.js/,
  patch(_exports, rebind) {
    const watchedMaker = (make: Maker): Maker =>
      standIn(make, (self, args) => {
        const pool = Reflect.apply(make, self, args as [object]);
        const size = numberOf(args[0], 'maximumPoolSize');
        if (size !== undefined && hasMethods(pool, ['acquire'])) watch(pool, size);
        return pool;
      });
    return rebind('createConnectionPool', watchedMaker) ? () => undefined : null;
  },
};

function watch(pool: Pool, size: number): void {
  const met = new WeakSet<Connection>();
  const known = (): WatchedPool | null => watchedPool(pool, VERBS, size, () => placeOfUse('Pool', USES));
  replaced(pool, 'acquire', (acquire) =>
    standIn(acquire, () => {
      const watched = known();
      const wait = watched?.ask() ?? null;
      const connection = Reflect.apply(acquire, pool, []) as Promise<Connection>;
      if (watched === null || wait === null) return connection;
      const lend = (what: unknown): void => {
        watched.lend(wait, what);
        const lent = what as Connection;
        if (met.has(lent) || !hasMethods(lent, ['on'])) return;
        met.add(lent);
        for (const event of ['release', 'destroy'] as const) lent.on(event, () => known()?.takeBack(lent));
      };
      return endedWith(
        connection,
        wait,
        lend,
        () => refuse(wait),
        () => hooks.follow(connection, wait),
      );
    }),
  );
}
