import type { Callable } from '../libraries/adapter.ts';

/**
 * Calls a function on `self` with these arguments. `Reflect.apply` is fast only with arguments that were collected by the very
 * function that calls it, or are listed where it is called; with any others it costs half of a cheap lock. The function is not asked
 * for its `call`: it may be a proxy, for what another thread does.
 */
export function applied(call: Callable, self: unknown, args: readonly unknown[]): unknown {
  switch (args.length) {
    case 0:
      return Reflect.apply(call, self, []);
    case 1:
      return Reflect.apply(call, self, [args[0]] as never[]);
    case 2:
      return Reflect.apply(call, self, [args[0], args[1]] as never[]);
    case 3:
      return Reflect.apply(call, self, [args[0], args[1], args[2]] as never[]);
    default:
      return Reflect.apply(call, self, args as never[]);
  }
}
