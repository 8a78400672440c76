import type { Stack } from '../../src/core/stack.ts';
import * as hooks from '../../src/sync/hooks.ts';
import { databaseBlocked } from '../node/blocked-databases.ts';
import { OwnWeakRef } from '../own-weak-ref.ts';
import { patchClass, restoreAll } from '../patches/class-patch.ts';
import { hasMethods } from '../shapes/has-methods.ts';
import type { LibraryAdapter } from './adapter.ts';

type Listener = (event: { readonly target: OpenRequest }) => void;

interface OpenRequest {
  readonly result: unknown;
  readonly readyState: string;
  addEventListener(event: 'success' | 'blocked', listener: Listener): unknown;
}

interface Factory {
  open(name: string, ...rest: unknown[]): OpenRequest;
  deleteDatabase(name: string): OpenRequest;
}

interface Connection {
  close(): unknown;
  transaction(...args: unknown[]): unknown;
}

/** Where a connection was opened. One that nobody has any more is no obstacle that could be named. */
interface Opened {
  readonly connection: WeakRef<object>;
  readonly stack: Stack | null;
}

const METHODS = ['open', 'deleteDatabase'] as const;

/** The connections to one database that are open. */
class Connections {
  readonly #opened = new Set<Opened>();

  add(connection: object, stack: Stack | null): void {
    const opened = { connection: new OwnWeakRef(connection), stack };
    this.#opened.add(opened);
    closers.set(connection, () => this.#opened.delete(opened));
  }

  get stacks(): readonly (Stack | null)[] {
    for (const opened of this.#opened) if (opened.connection.deref() === undefined) this.#opened.delete(opened);
    return [...this.#opened].map(({ stack }) => stack);
  }
}

const databases = new WeakMap<Factory, Map<string, Connections>>();
/** What forgets a connection when it is closed. */
const closers = new WeakMap<object, () => void>();

/**
 * fake-indexeddb 6, which gives Node the databases of a browser, also below idb and Dexie: who deletes a database, or opens it in a
 * higher version, waits for the close of all other connections to it. Transactions end by themselves as soon as nobody asks
 * anything of them, so nobody can wait for one for ever.
 */
export const fakeIndexedDb: LibraryAdapter = {
  name: 'fake-indexeddb',
  versions: '>=6.0.0 <7.0.0',
  patch(exports) {
    const made = [exports, exports['default'], exports['IDBFactory'], exports['IDBDatabase']];
    return restoreAll(
      made.flatMap((each) => [
        patchClass(each, 'deleteDatabase', patchFactory, ['open']),
        patchClass(each, 'close', patchConnection, ['transaction']),
      ]),
    );
  },
};

function patchFactory(prototype: Factory): () => void {
  const { open: opening, deleteDatabase } = prototype;
  for (const method of METHODS) {
    const original = prototype[method] as (name: string, ...rest: unknown[]) => OpenRequest;
    const { [method]: watched } = {
      [method](this: Factory, ...args: [name: string, ...rest: unknown[]]): OpenRequest {
        const request = original.apply(this, args);
        const session = hooks.activeSession();
        if (session !== null && hasMethods(request, ['addEventListener']))
          watch(request, method, String(args[0]), connectionsTo(this, String(args[0])));
        return request;
      },
    } as unknown as Factory;
    Object.defineProperty(watched, 'length', { value: original.length, configurable: true });
    Object.assign(prototype, { [method]: watched });
  }
  return () => Object.assign(prototype, { open: opening, deleteDatabase });
}

function watch(request: OpenRequest, label: string, database: string, connections: Connections): void {
  const stack = hooks.activeSession()?.capture() ?? null;
  const asked = new OwnWeakRef(request);
  if (label === 'open') {
    request.addEventListener('success', ({ target: { result } }) => {
      if (typeof result === 'object' && result !== null) connections.add(result, stack);
    });
  }
  request.addEventListener('blocked', () => {
    const isPending = (): boolean => asked.deref()?.readyState === 'pending';
    databaseBlocked({ label, database, stack, isPending, openedAt: () => connections.stacks });
  });
}

function connectionsTo(factory: Factory, database: string): Connections {
  const known = databases.get(factory) ?? new Map<string, Connections>();
  databases.set(factory, known);
  const connections = known.get(database) ?? new Connections();
  known.set(database, connections);
  return connections;
}

function patchConnection(prototype: Connection): () => void {
  const { close } = prototype;
  prototype.close = {
    close(this: Connection): unknown {
      closers.get(this)?.();
      return close.call(this);
    },
  }.close;
  return () => Object.assign(prototype, { close });
}
