import { MessagePort, parentPort } from 'node:worker_threads';
import { settlesPromise } from '../node/settles-promise.ts';
import { replaced } from '../patches/replaced.ts';
import { messageAwaited } from './message-waits.ts';
import { MAIN_THREAD } from './thread-stand.ts';

type Listener = (this: unknown, ...args: unknown[]) => unknown;
type Listen = (this: unknown, type: unknown, listener: unknown, ...rest: unknown[]) => unknown;
type Emitter = Record<'once' | 'off' | 'removeListener', Listen>;

/** What a port was given in place of a listener. */
interface Wrapped {
  readonly wrapper: Listener;
  isOver: boolean;
}

/**
 * Watches who waits in a worker for the next message of the main thread by `new Promise((resolve) => parentPort.once('message',
 * resolve))`. A port does not tell whether a listener is still there, so that gets one which says when it was called.
 */
export function watchParentPort(): void {
  const prototype = Object.getPrototypeOf(MessagePort.prototype) as Emitter;
  const names = ['once', 'off', 'removeListener'] as const;
  if (parentPort === null || names.some((name) => typeof prototype[name] !== 'function')) return;
  const wrapped = new WeakMap<object, Wrapped>();
  const isAwaited = (port: unknown, type: unknown, listener: unknown): boolean =>
    port === parentPort && type === 'message' && typeof listener === 'function' && settlesPromise(listener);
  replaced(prototype, 'once', (original) => {
    const once = original as Listen;
    return function listen(this: unknown, type: unknown, listener: unknown, ...rest: unknown[]): unknown {
      if (!isAwaited(this, type, listener)) return once.call(this, type, listener, ...rest);
      const made = wrap(listener as Listener);
      wrapped.set(listener as Listener, made);
      messageAwaited(this as MessagePort, MAIN_THREAD, () => !made.isOver && isListenedTo());
      return once.call(this, type, made.wrapper, ...rest);
    };
  });
  for (const name of ['off', 'removeListener'] as const) {
    replaced(prototype, name, (original) => {
      const remove = original as Listen;
      return function forget(this: unknown, type: unknown, listener: unknown, ...rest: unknown[]): unknown {
        const made = isAwaited(this, type, listener) ? wrapped.get(listener as Listener) : undefined;
        if (made !== undefined) made.isOver = true;
        return remove.call(this, type, made?.wrapper ?? listener, ...rest);
      };
    });
  }
}

function wrap(listener: Listener): Wrapped {
  const made: Wrapped = {
    isOver: false,
    wrapper(this: unknown, ...args: unknown[]): unknown {
      made.isOver = true;
      return Reflect.apply(listener, this, args);
    },
  };
  return made;
}

function isListenedTo(): boolean {
  return (parentPort?.listenerCount('message') ?? 0) > 0;
}
