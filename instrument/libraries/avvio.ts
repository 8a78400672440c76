import * as hooks from '../../src/sync/hooks.ts';
import { dressed, standIn } from '../stand-in.ts';
import type { Callable, LibraryAdapter } from './adapter.ts';

/** What `avvio()` makes, and Fastify has inside. */
interface Boot {
  close(this: Boot, ...args: unknown[]): unknown;
  onClose(this: Boot, ...args: unknown[]): unknown;
}

type Runner = (run: () => unknown) => unknown;

/**
 * avvio 8 and 9: the handlers of `onClose` wait in a queue from the start. Whoever calls `close()` lets them run, so they
 * go on as the code that closed, not as the code that registered them.
 */
export const avvio: LibraryAdapter = {
  name: 'avvio',
  versions: '>=8.0.0 <10.0.0',
  patch(exports) {
    const { prototype } = exports as { prototype?: Boot };
    if (typeof prototype?.close !== 'function' || typeof prototype.onClose !== 'function') return null;
    const { close, onClose } = prototype as unknown as Record<'close' | 'onClose', Callable>;
    const closers = new WeakMap<Boot, Runner>();
    prototype.close = dressed(function closing(this: Boot, ...args: unknown[]): unknown {
      if (!closers.has(this))
        closers.set(
          this,
          hooks.carry((run) => run()),
        );
      return Reflect.apply(close, this, args as never[]);
    }, close);
    prototype.onClose = dressed(function registering(this: Boot, ...args: unknown[]): unknown {
      const [handler, ...rest] = args;
      if (typeof handler !== 'function') return Reflect.apply(onClose, this, args as never[]);
      const asCloser = standIn(handler, (self, given) => {
        const run = (): unknown => Reflect.apply(handler as Callable, self, given as never[]);
        const closer = closers.get(this);
        return closer === undefined ? run() : closer(run);
      });
      return Reflect.apply(onClose, this, [asCloser, ...rest] as never[]);
    }, onClose);
    return () => Object.assign(prototype, { close, onClose });
  },
};
