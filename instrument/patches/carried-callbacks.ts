import * as hooks from '../../src/sync/hooks.ts';
import type { Callable } from '../libraries/adapter.ts';

/**
 * Lets the function arguments of these methods run as what their caller goes on with: a reply that a socket brings has no
 * history of its own. @returns what restores the methods
 */
export function carryCallbacks<N extends string>(prototype: Record<N, Callable>, names: readonly N[]): () => void {
  const originals = names
    .filter((name) => typeof prototype[name] === 'function')
    .map((name) => [name, prototype[name]] as const);
  for (const [name, original] of originals) prototype[name] = carrying(name, original);
  return () => Object.assign(prototype, Object.fromEntries(originals));
}

function carrying(name: string, original: Callable): Callable {
  const method = {
    [name](this: unknown, ...args: unknown[]): unknown {
      return Reflect.apply(
        original,
        this,
        args.map((arg) => (typeof arg === 'function' ? hooks.carry(arg as never) : arg)),
      );
    },
  }[name] as Callable;
  return Object.defineProperty(method, 'length', { value: original.length, configurable: true });
}
