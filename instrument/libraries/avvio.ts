import type { TrackedObject } from '../../src/core/tracked-object.ts';
import * as hooks from '../../src/sync/hooks.ts';
import { restoreAll } from '../patches/class-patch.ts';
import { dressed, standIn } from '../patches/stand-in.ts';
import { Claim } from '../shapes/claim.ts';
import { hasMethods } from '../shapes/has-methods.ts';
import { howOf } from '../shapes/how.ts';
import { endingWith, untilSettled } from '../shapes/settled-result.ts';
import type { Callable, LibraryAdapter } from './adapter.ts';
import { afterPlugins, type Boot, isBoot, loadingFor, patchBoot, patchPlugin } from './avvio-ready.ts';

type Runner = (run: () => unknown) => unknown;

const CLOSE = howOf('close', 'closed');
const ON_CLOSE = howOf('onClose', 'closed');

/** The close of an application whose handlers run. */
const closings = new WeakMap<Boot, TrackedObject>();

/**
 * avvio 8 and 9, which Fastify has inside: plugins, and whoever waits for them. The handlers of `onClose` wait in a queue from
 * the start. Whoever calls `close()` lets them run, so they go on as the code that closed, not as the code that registered them.
 * Until all of them are done nothing is closed, so one that awaits `close()` itself waits for its own end.
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
    if (isCloseOwed(this)) return afterHandlers(this, run);
    return loading === undefined ? run() : afterPlugins(loading, 'close', run);
  }, close);
  const registering = dressed(function registering(this: Boot, ...args: unknown[]): unknown {
    const [handler, ...rest] = args;
    if (typeof handler !== 'function') return Reflect.apply(onClose, this, args as never[]);
    const owing = closedBy(this, handler as Callable);
    const asCloser = standIn(handler, (self, given) => {
      const run = (): unknown => Reflect.apply(owing, self, given as never[]);
      const closer = closers.get(this);
      return closer === undefined ? run() : closer(run);
    });
    return Reflect.apply(onClose, this, [asCloser, ...rest] as never[]);
  }, onClose);
  Object.assign(prototype, { close: closing, onClose: registering });
  return () => Object.assign(prototype, { close, onClose });
}

/** The handler, which owes the close of its application while it runs. */
function closedBy(boot: Boot, handler: Callable): Callable {
  return standIn(handler, (self, given) => {
    const held = hooks.enter(objectOf(boot), ON_CLOSE);
    const end = (): void => hooks.exit(held);
    const done = given.at(-1);
    // Where it is called without a callback its last argument is the application, which may be a function too.
    const isCalledBack = handler.length > 1 && typeof done === 'function';
    if (isCalledBack) given[given.length - 1] = endingWith(done, end);
    try {
      const result = Reflect.apply(handler, self, given as never[]);
      return isCalledBack ? result : untilSettled(result, end);
    } catch (error) {
      end();
      throw error;
    }
  });
}

/** True in what a handler of `onClose` has started before its end. */
function isCloseOwed(boot: Boot): boolean {
  const object = closings.get(boot);
  const session = hooks.activeSession();
  let isOwed = false;
  if (object !== undefined && session !== null && object.holders.length > 0)
    session.current.forEachHeld((held) => {
      isOwed ||= held.object === object;
    });
  return isOwed;
}

/** Whoever awaits the promise that `call` gives waits for the handlers. */
function afterHandlers(boot: Boot, call: () => unknown): unknown {
  const promise = call();
  return promise instanceof Promise ? new Claim(objectOf(boot), CLOSE).firedBy(promise) : promise;
}

function objectOf(boot: Boot): TrackedObject | null {
  const known = closings.get(boot);
  if (known !== undefined) return known;
  const object = hooks.track({ kind: 'queue', name: 'onClose of the application' });
  if (object !== null) closings.set(boot, object);
  return object;
}
