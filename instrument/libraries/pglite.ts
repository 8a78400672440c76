import type { TrackedObject } from '../../src/core/tracked-object.ts';
import { type NamedPlace, placeOfUse } from '../first-use.ts';
import { patchClass } from '../patches/class-patch.ts';
import { Claim } from '../shapes/claim.ts';
import { howOf } from '../shapes/how.ts';
import { trackDistinct } from '../watched-pool.ts';
import type { Callable, LibraryAdapter } from './adapter.ts';

type Lock = 'transaction' | 'query' | 'listen';
type Run = (task: Callable) => Promise<unknown>;

type Method = '_runExclusiveTransaction' | '_runExclusiveQuery' | '_runExclusiveListen';

interface PGlitePrototype extends Record<Method, Run> {}

const METHODS: readonly (readonly [Method, Lock])[] = [
  ['_runExclusiveTransaction', 'transaction'],
  ['_runExclusiveQuery', 'query'],
  ['_runExclusiveListen', 'listen'],
];

/** What users call; what they call it on names the database. */
const USED = ['transaction', 'query', 'sql', 'exec', 'runExclusive', 'listen', 'describeQuery'];

/** Uses by code that does not name the database, after which it goes without: while it starts it uses itself a few times. */
const MAX_NAMELESS = 8;

interface Known extends Partial<Record<Lock, TrackedObject | null>> {
  place: NamedPlace | null;
  nameless: number;
}

const databases = new WeakMap<object, Known>();

/** PGlite 0.2 and later: one connection behind three locks. Every query outside of a transaction takes the transaction's. */
export const pglite: LibraryAdapter = {
  name: '@electric-sql/pglite',
  versions: '>=0.2.0 <0.6.0',
  patch: (exports) => patchClass(exports['PGlite'], '_runExclusiveTransaction', patchDatabase),
};

function patchDatabase(prototype: PGlitePrototype): () => void {
  const originals: [Method, Run][] = [];
  for (const [method, lock] of METHODS) {
    const original = prototype[method];
    if (typeof original !== 'function') continue;
    originals.push([method, original]);
    const how = howOf(lock, 'end', { structured: true });
    const { [method]: exclusive } = {
      [method](this: PGlitePrototype, task: Callable): Promise<unknown> {
        const claim = new Claim(objectOf(this, lock), how);
        const result = original.call(this, claim.whileRunning(task));
        return claim.follow(result);
      },
    } as Record<Method, Run>;
    prototype[method] = exclusive;
  }
  return () => Object.assign(prototype, Object.fromEntries(originals));
}

function objectOf(database: object, lock: Lock): TrackedObject | null {
  const known = databases.get(database) ?? { place: null, nameless: 0 };
  databases.set(database, known);
  known.place ??= placeFor(known);
  if (known.place === null) return null;
  known[lock] ??= trackDistinct('mutex', { ...known.place, name: `${known.place.name} (${lock})` }, 1);
  return known[lock] ?? null;
}

function placeFor(known: Known): NamedPlace | null {
  const place = placeOfUse('PGlite', USED);
  // While it is made its own functions use it, and what is called then is no name of its own.
  const isNamed = place !== null && place.name !== `PGlite@${place.site}` && !place.name.startsWith('PGlite of ');
  return isNamed || known.nameless++ >= MAX_NAMELESS ? place : null;
}
