import type { Callable } from './libraries/adapter.ts';

/**
 * Calls a function on `self` with these arguments. `Reflect.apply` is as fast only with arguments that were collected by the
 * very function that calls it; with any others it costs half of a cheap lock.
 */
export function applied(call: Callable, self: unknown, args: readonly unknown[]): unknown {
  switch (args.length) {
    case 0:
      return call.call(self);
    case 1:
      return call.call(self, args[0] as never);
    case 2:
      return call.call(self, args[0] as never, args[1] as never);
    case 3:
      return call.call(self, args[0] as never, args[1] as never, args[2] as never);
    default:
      return Reflect.apply(call, self, args as never[]);
  }
}
