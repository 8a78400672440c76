import { standIn } from '../patches/stand-in.ts';
import { PromiseCache } from '../shapes/promise-cache.ts';
import type { LibraryAdapter } from './adapter.ts';

type Method = (this: never, ...args: never[]) => unknown;
type Prototype = Record<string, Method | undefined>;

interface Query {
  readonly queryKey?: unknown;
  readonly state?: { readonly fetchStatus?: string };
}

/** Methods of the client that give the data of one query, fetched or at hand. */
const GIVE_DATA = ['fetchQuery', 'ensureQueryData', 'query'] as const;

/** What a query key is called: `user` for `['user']`, its JSON where it is longer. */
function nameOf(queryKey: unknown): unknown {
  const only = Array.isArray(queryKey) && queryKey.length === 1 ? (queryKey[0] as unknown) : queryKey;
  if (typeof only === 'string') return only;
  try {
    return JSON.stringify(only);
  } catch {
    return {};
  }
}

/**
 * TanStack Query 4 and 5: `Query.fetch` runs the query function or gives the fetch that runs, `fetchQuery` and its kin give what
 * is at hand too.
 */
export const queryCore: LibraryAdapter = {
  name: '@tanstack/query-core',
  versions: '>=4.0.0 <6.0.0',
  patch(exports) {
    const undo = [patchQuery(prototypeOf(exports['Query'])), patchClient(prototypeOf(exports['QueryClient']))];
    if (undo.every((restore) => restore === null)) return null;
    return () => {
      for (const restore of undo) restore?.();
    };
  },
};

const queries = new PromiseCache({ name: 'query', site: null });
/** Several modules of the package export the same classes. */
const patched = new WeakSet<Prototype>();

function prototypeOf(exported: unknown): Prototype | null {
  const prototype = (exported as { prototype?: Prototype } | undefined)?.prototype ?? null;
  return prototype === null || patched.has(prototype) ? null : prototype;
}

function patchQuery(prototype: Prototype | null): (() => void) | null {
  return replace(prototype, 'fetch', (self: Query, call) => {
    return self.state?.fetchStatus === 'idle' ? queries.computed(nameOf(self.queryKey), call) : call();
  });
}

function patchClient(prototype: Prototype | null): (() => void) | null {
  const undo = GIVE_DATA.map((name) =>
    replace(prototype, name, (_self, call, [first]) => {
      // Version 4 takes the key beside the options, too.
      const isOptions = typeof first === 'object' && first !== null && !Array.isArray(first);
      const key = isOptions ? (first as Query).queryKey : first;
      return queries.shared(nameOf(key), call());
    }),
  );
  if (undo.every((restore) => restore === null)) return null;
  return () => {
    for (const restore of undo) restore?.();
  };
}

function replace(
  prototype: Prototype | null,
  name: string,
  around: (self: Query, call: () => unknown, args: readonly unknown[]) => unknown,
): (() => void) | null {
  const original = prototype?.[name];
  if (prototype === null || typeof original !== 'function') return null;
  patched.add(prototype);
  prototype[name] = standIn(original, (self, args) =>
    around(self as Query, () => Reflect.apply(original, self as never, args as never[]), args),
  ) as Method;
  return () => {
    prototype[name] = original;
    patched.delete(prototype);
  };
}
