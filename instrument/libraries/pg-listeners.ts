import { defineHow } from '../../src/core/how.ts';
import { isObject } from '../../src/core/thenable.ts';
import { replaced } from '../patches/replaced.ts';
import type { WatchedPool } from '../watched-pool.ts';
import type { Callable } from './adapter.ts';

const LISTEN = defineHow({ startLabel: 'LISTEN', waitLabel: 'connect', eventLabel: 'release' });
const LISTENS = /^\s*listen\s/i;

/** The pool that a client of pg was lent by. */
const lenders = new WeakMap<object, WatchedPool>();

export function lentBy(pool: WatchedPool | null, client: object): void {
  if (pool !== null && lenders.get(client) !== pool) lenders.set(client, pool);
}

/**
 * A client that is asked to listen stays out of its pool for as long as the program wants to hear of something: who took it
 * does not owe it to those who wait for another one. @returns what restores `query`
 */
export function watchListeners(client: { query: Callable }): () => void {
  if (typeof client.query !== 'function') return () => undefined;
  return replaced(client, 'query', (query) => {
    return function sends(this: object, ...args: unknown[]): unknown {
      if (isListen(args[0])) lenders.get(this)?.setAside(this, LISTEN);
      return Reflect.apply(query, this, args);
    };
  });
}

function isListen(query: unknown): boolean {
  const text = isObject(query) ? (query as { text?: unknown }).text : query;
  return typeof text === 'string' && LISTENS.test(text);
}
