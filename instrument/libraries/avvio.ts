import * as hooks from '../../src/sync/hooks.ts';
import { restoreAll } from '../class-patch.ts';
import { hasMethods } from '../shapes/has-methods.ts';
import { dressed, standIn } from '../stand-in.ts';
import type { Callable, LibraryAdapter } from './adapter.ts';
import { afterPlugins, type Boot, isBoot, loadingFor, patchBoot, patchPlugin } from './avvio-ready.ts';

type Runner = (run: () => unknown) => unknown;

/**
 * avvio 8 and 9, which Fastify has inside: plugins, and whoever waits for them. The handlers of `onClose` wait in a queue from
 * the start. Whoever calls `close()` lets them run, so they go on as the code that closed, not as the code that registered them.
 */
export const avvio: LibraryAdapter = {
  name: 'avvio',
  versions: '>=8.0.0 <10.0.0',
  patch(exports) {
    const { prototype } = exports as { prototype?: Boot };
    return restoreAll([
      patchPlugin(exports),
      isBoot(prototype) ? patchBoot(prototype) : null,
      hasMethods(prototype, ['close', 'onClose']) ? patchClosing(prototype as Boot) : null,
    ]);
  },
};

function patchClosing(prototype: Boot): () => void {
  const { close, onClose } = prototype as unknown as Record<'close' | 'onClose', Callable>;
  const closers = new WeakMap<Boot, Runner>();
  const closing = dressed(function closing(this: Boot, ...args: unknown[]): unknown {
    if (!closers.has(this))
      closers.set(
        this,
        hooks.carry((run) => run()),
      );
    const run = (): unknown => Reflect.apply(close, this, args as never[]);
    const loading = this._server ? loadingFor(this._server) : undefined;
    return loading === undefined ? run() : afterPlugins(loading, 'close', run);
  }, close);
  const registering = dressed(function registering(this: Boot, ...args: unknown[]): unknown {
    const [handler, ...rest] = args;
    if (typeof handler !== 'function') return Reflect.apply(onClose, this, args as never[]);
    const asCloser = standIn(handler, (self, given) => {
      const run = (): unknown => Reflect.apply(handler as Callable, self, given as never[]);
      const closer = closers.get(this);
      return closer === undefined ? run() : closer(run);
    });
    return Reflect.apply(onClose, this, [asCloser, ...rest] as never[]);
  }, onClose);
  Object.assign(prototype, { close: closing, onClose: registering });
  return () => Object.assign(prototype, { close, onClose });
}
