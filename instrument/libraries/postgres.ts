import type { TrackedObject } from '../../src/core/tracked-object.ts';
import * as hooks from '../../src/sync/hooks.ts';
import { placeOfCreation } from '../first-use.ts';
import { standIn } from '../patches/stand-in.ts';
import { Claim } from '../shapes/claim.ts';
import { hasMethods } from '../shapes/has-methods.ts';
import { howOf } from '../shapes/how.ts';
import { releasingMethod } from '../shapes/lent.ts';
import { captureStack } from '../stacks/capture-stack.ts';
import { trackDistinct } from '../watched-pool.ts';
import type { Callable, LibraryAdapter } from './adapter.ts';

const BEGIN = howOf('begin', 'end', { structured: true });
const RESERVE = howOf('reserve', 'release');
const QUERY = howOf('query', 'release');
const END = howOf('end', 'release');

const METHODS = ['begin', 'reserve', 'unsafe', 'file', 'end'];

/** What `postgres()` makes: a tag for queries with methods of its own. */
interface Sql {
  (...args: unknown[]): unknown;
  readonly options: { readonly max: number };
  begin(...args: unknown[]): Promise<unknown>;
  reserve(): Promise<object>;
  unsafe(...args: unknown[]): unknown;
  file(...args: unknown[]): unknown;
  end(...args: unknown[]): Promise<unknown>;
}

/** A query before it is run: it asks its handler for a connection when somebody awaits it. */
interface Query extends Promise<unknown> {
  handler: ((query: Query) => unknown) & { readonly debug?: unknown };
  /** The connection that runs it; null before. */
  state: unknown;
  reject: (reason: unknown) => unknown;
}

/**
 * postgres 3 (postgres.js): all closures, so the function that makes them is replaced. A transaction and a reserved
 * connection have a connection to themselves; all other queries share the rest, and wait only while there is none.
 */
export const postgres: LibraryAdapter = {
  name: 'postgres',
  versions: '>=3.0.0 <4.0.0',
  rebinds: ['default'],
  patch(_exports, rebind, file) {
    // Its other modules have default exports too.
    if (!/(?:^|\/)(?:index\.js)?$/.test(file)) return null;
    let isMaking = false;
    const watchedMaker = (make: (...args: unknown[]) => Sql) =>
      standIn(make, (self, args) => {
        // What it makes for itself on the way, for subscriptions, is nobody's pool.
        if (isMaking) return Reflect.apply(make, self, args);
        isMaking = true;
        try {
          return watched(Reflect.apply(make, self, args));
        } finally {
          isMaking = false;
        }
      });
    return rebind('default', watchedMaker) ? () => undefined : null;
  },
};

function watched(sql: Sql): Sql {
  if (!hasMethods(sql, METHODS)) return sql;
  const capacity = sql.options?.max;
  const place = Number.isFinite(capacity) ? placeOfCreation('postgres') : null;
  const object = place === null ? null : trackDistinct('pool', place, capacity);
  if (object === null) return sql;
  const { begin, reserve, unsafe, file, end } = sql;
  const watchedSql: Sql = standIn(sql, (self, args) => {
    const made: unknown = Reflect.apply(sql, self, args);
    if (isQuery(made)) keepPlace(made, watchedSql);
    return watchedQuery(made, object);
  });
  return Object.assign(watchedSql, {
    begin: standIn(begin, (self, args) => {
      const claim = new Claim(object, BEGIN);
      const at = args.findLastIndex((arg) => typeof arg === 'function');
      if (at >= 0) args[at] = claim.whileRunning(args[at] as Callable);
      const result = Reflect.apply(begin, self, args);
      return claim.refusedBy(result);
    }),
    reserve: standIn(reserve, (self, args) => {
      const claim = new Claim(object, RESERVE);
      const reserved = Reflect.apply(reserve, self, args as []);
      return claim.grantedBy(reserved, (connection) => releasingMethod(claim, connection, 'release'));
    }),
    unsafe: standIn(unsafe, (self, args) => watchedQuery(Reflect.apply(unsafe, self, args), object)),
    file: standIn(file, (self, args) => watchedQuery(Reflect.apply(file, self, args), object)),
    end: standIn(end, (self, args) => {
      const claim = new Claim(object, END, { permits: capacity });
      const ended = Reflect.apply(end, self, args);
      return claim.firedBy(ended);
    }),
  });
}

/** Stacks of queries that end in the program. */
const placed = new WeakSet<Error>();

/**
 * For each literal of the program the first query keeps four frames, for the errors that queries may end with: the last one is
 * the program's, but for ours in between.
 */
function keepPlace(query: Query, tag: Sql): void {
  if (query.handler.debug === true) return;
  for (const symbol of Object.getOwnPropertySymbols(query)) {
    const kept: unknown = Reflect.get(query, symbol);
    if (!(kept instanceof Error) || placed.has(kept)) continue;
    placed.add(kept);
    const at: { stack?: string } = {};
    captureStack(at, tag, 1);
    const frame = typeof at.stack === 'string' ? at.stack.split('\n').at(1) : undefined;
    if (frame !== undefined && typeof kept.stack === 'string') kept.stack = kept.stack.replace(/[^\n]*$/, () => frame);
  }
}

/** A query waits when it is run, in the code that awaits it. None of that is on the stack by then. */
function watchedQuery(result: unknown, object: TrackedObject): unknown {
  if (!isQuery(result)) return result;
  const { handler } = result;
  const stack = object.key.captures > 0 ? (hooks.activeSession()?.capture() ?? null) : null;
  const watchedHandler = (query: Query): unknown => {
    const claim = new Claim(object, QUERY);
    if (stack !== null) claim.askedAt(stack);
    onConnection(query, () => claim.fire());
    const { reject } = query;
    query.reject = (reason) => {
      claim.refuse();
      return reject(reason);
    };
    void claim.bind(query);
    const handled = handler(query);
    claim.sleep();
    return handled;
  };
  result.handler = Object.assign(watchedHandler, handler);
  return result;
}

/** A query has no method that tells when a connection takes it, but a field that it sets then. */
function onConnection(query: Query, taken: () => void): void {
  let { state } = query;
  void Object.defineProperty(query, 'state', {
    get: () => state,
    set: (value: unknown) => {
      state = value;
      if (value !== null) taken();
    },
    enumerable: true,
    configurable: true,
  });
}

function isQuery(value: unknown): value is Query {
  return value instanceof Promise && 'handler' in value && typeof value.handler === 'function' && 'state' in value;
}
