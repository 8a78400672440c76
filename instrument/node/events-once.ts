import { EventEmitter } from 'node:events';
import { syncBuiltinESMExports } from 'node:module';
import { type LateWaits, pending } from './late-waits.ts';
import { type NodeHost, observed } from './node-host.ts';
import { replaced } from './replaced.ts';

type Listener = (...args: unknown[]) => void;
type AddListener = (this: EventEmitter, event: string | symbol, listener: Listener) => EventEmitter;

const NATIVE = 'function () { [native code] }';

/**
 * Watches who waits for an event through a promise: `events.once`, and `new Promise((resolve) => emitter.once(event,
 * resolve))` with either way to listen. @returns what restores the originals
 */
export function watchEventsOnce(host: NodeHost, waits: LateWaits): () => void {
  const undo = [watchOnce(host, waits), watchListeners(host, waits)];
  return () => {
    for (const restore of undo) restore();
  };
}

function watchOnce(host: NodeHost, waits: LateWaits): () => void {
  const events = EventEmitter as unknown as { once: typeof EventEmitter.once };
  const restore = replaced(events, 'once', (original) => {
    return function once(this: unknown, ...args: Parameters<typeof original>): Promise<unknown[]> {
      const promise = Reflect.apply(original, this, args) as Promise<unknown[]>;
      const [emitter, event] = args as unknown as [object, string | symbol];
      observed(host, () => waits.add(emitter, event, 'once', pending(new WeakRef(promise))));
      return promise;
    };
  });
  syncBuiltinESMExports();
  return () => {
    restore();
    syncBuiltinESMExports();
  };
}

/** Only the functions that settle a promise are followed: any other listener may be there in vain. */
function watchListeners(host: NodeHost, waits: LateWaits): () => void {
  const prototype = EventEmitter.prototype as unknown as Record<'on' | 'once' | 'addListener', AddListener>;
  const watching = (original: AddListener): AddListener => {
    const { name } = original;
    return function listen(this: EventEmitter, event: string | symbol, listener: Listener): EventEmitter {
      const emitter = original.call(this, event, listener);
      if (settlesPromise(listener)) {
        const [thisOne, settle] = [new WeakRef(this), new WeakRef(listener)];
        const isOpen = (): boolean => isListening(thisOne.deref(), event, settle.deref());
        observed(host, () => waits.add(this, event, name === 'once' ? 'once' : 'on', isOpen));
      }
      return emitter;
    };
  };
  const areOne = prototype.on === prototype.addListener;
  const undo = [replaced(prototype, 'on', watching), replaced(prototype, 'once', watching)];
  // Node has one function for both, and so has whoever compares them.
  if (areOne) undo.push(replaced(prototype, 'addListener', () => prototype.on));
  return () => {
    for (const restore of undo.reverse()) restore();
  };
}

/** True for the `resolve` of a promise itself: a native function without a name. */
function settlesPromise(listener: Listener): boolean {
  return (
    typeof listener === 'function' &&
    listener.name === '' &&
    listener.length === 1 &&
    !Object.hasOwn(listener, 'prototype') &&
    Function.prototype.toString.call(listener) === NATIVE
  );
}

function isListening(
  emitter: EventEmitter | undefined,
  event: string | symbol,
  listener: Listener | undefined,
): boolean {
  return emitter !== undefined && listener !== undefined && emitter.listeners(event).includes(listener);
}
