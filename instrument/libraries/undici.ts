import { asking } from '../node/own-fetches.ts';
import { type Dispatched, dispatched } from '../node/undici-connections.ts';
import { patchClass, restoreAll } from '../patches/class-patch.ts';
import { dressed, standIn } from '../patches/stand-in.ts';
import type { Callable, LibraryAdapter } from './adapter.ts';

/** What pools, clients and all else that undici sends requests through have in common. */
interface DispatcherBase {
  readonly pipelining?: unknown;
  dispatch(options: Dispatched, handler: unknown): boolean;
}

/** What a pool keeps of its options; not in its public types. */
interface PoolOptions {
  readonly pipelining?: number;
  readonly allowH2?: boolean;
  readonly useH2c?: boolean;
}

/**
 * undici 6 to 8: pools with a limit of connections, and clients, which have one. Requests of an agent go through them. Several
 * requests at a time on one connection (pipelining, HTTP/2) wait for each other in other ways, and are not watched; 8 takes to
 * HTTP/2 by itself, which shows when a request is sent.
 */
export const undici: LibraryAdapter = {
  name: 'undici',
  versions: '>=6.0.0 <9.0.0',
  rebinds: ['request', 'fetch'],
  patch(exports, rebind) {
    const restore = restoreAll([
      patchClass(exports['Client'], 'dispatch', patchDispatcher),
      patchClass(exports['Dispatcher'], 'request', patchRequests),
    ]);
    if (restore !== null) for (const name of ['request', 'fetch']) rebind<Callable>(name, askingFor);
    return restore;
  },
};

const capacities = new WeakMap<object, number | null>();

function patchDispatcher(prototype: DispatcherBase): () => void {
  const { dispatch } = prototype;
  prototype.dispatch = dressed(function watchedDispatch(this: DispatcherBase, ...args: [Dispatched, unknown]): boolean {
    const [options] = args;
    const send = (): boolean => Reflect.apply(dispatch, this, args);
    return typeof options === 'object' && options !== null ? dispatched(this, capacityOf(this), options, send) : send();
  }, dispatch);
  return () => Object.assign(prototype, { dispatch });
}

function patchRequests(prototype: { request: Callable }): () => void {
  const { request } = prototype;
  prototype.request = askingFor(request);
  return () => Object.assign(prototype, { request });
}

function askingFor(request: Callable): Callable {
  return standIn(request, (self, args) => asking(() => Reflect.apply(request, self, args as never[])));
}

function capacityOf(dispatcher: DispatcherBase): number | null {
  let capacity = capacities.get(dispatcher);
  if (capacity === undefined) {
    capacity = readCapacity(dispatcher);
    capacities.set(dispatcher, capacity);
  }
  return capacity;
}

/** Infinite for a pool that nobody waits for; null for a dispatcher that passes on what it is given. */
function readCapacity(dispatcher: DispatcherBase): number | null {
  const fields = new Map(Object.getOwnPropertySymbols(dispatcher).map((symbol) => [symbol.description, symbol]));
  const read = (name: string): unknown => {
    const symbol = fields.get(name);
    return symbol === undefined ? undefined : Reflect.get(dispatcher, symbol);
  };
  if (!fields.has('connections')) return dispatcher.pipelining === 1 ? 1 : null;
  const { pipelining = 1, allowH2 = false, useH2c = false } = (read('options') ?? {}) as PoolOptions;
  const connections = read('connections');
  const isShared = pipelining !== 1 || allowH2 || useH2c;
  return typeof connections === 'number' && !isShared ? connections : Number.POSITIVE_INFINITY;
}
