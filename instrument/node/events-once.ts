import { EventEmitter } from 'node:events';
import { syncBuiltinESMExports } from 'node:module';
import { parentPort, Worker } from 'node:worker_threads';
import { isObject } from '../../src/core/thenable.ts';
import { promiseOfExecutor } from '../attribution/promise-links.ts';
import { OwnWeakRef } from '../own-weak-ref.ts';
import { optionOf } from '../patches/passed-options.ts';
import { replaced } from '../patches/replaced.ts';
import { messageAwaited } from '../threads/message-waits.ts';
import { MAIN_THREAD } from '../threads/thread-stand.ts';
import type { AwaitedEvents } from './awaited-events.ts';
import { type LateWaits, pending } from './late-waits.ts';
import { type NodeHost, observed } from './node-host.ts';
import { settlesPromise } from './settles-promise.ts';

type Listener = (...args: unknown[]) => void;
/** Streams listen by methods of their own, which call those of emitters. */
const LISTENS: ReadonlySet<string> = new Set(['on', 'once', 'addListener']);

/** True while `events.once` listens for somebody who may give up. */
let isAbortable = false;

interface OnceOptions {
  readonly signal?: unknown;
}

type AddListener = (this: EventEmitter, event: string | symbol, listener: Listener) => EventEmitter;

/**
 * Watches who waits for an event through a promise: `events.once`, and `new Promise((resolve) => emitter.once(event,
 * resolve))` with either way to listen. @returns what restores the originals
 */
export function watchEventsOnce(host: NodeHost, waits: LateWaits, awaited: AwaitedEvents): () => void {
  const undo = [watchOnce(host, waits, awaited), watchListeners(host, waits)];
  return () => {
    for (const restore of undo) restore();
  };
}

function watchOnce(host: NodeHost, waits: LateWaits, awaited: AwaitedEvents): () => void {
  const events = EventEmitter as unknown as { once: typeof EventEmitter.once };
  const restore = replaced(events, 'once', (original) => {
    return {
      once(this: unknown, ...args: Parameters<typeof original>): Promise<unknown[]> {
        const [emitter, event, options] = args as unknown as [object, string | symbol, OnceOptions | undefined];
        const outer = isAbortable;
        isAbortable = optionOf(options, 'signal') !== undefined;
        try {
          const promise = Reflect.apply(original, this, args) as Promise<unknown[]>;
          const isOpen = pending(new OwnWeakRef(promise));
          // What is no emitter rejects the promise.
          if (!isObject(emitter)) return promise;
          observed(host, () => {
            awaited.once(emitter, event, promise);
            waits.add(emitter, event, 'once', isOpen, promise, () => promise);
          });
          if (emitter === parentPort && event === 'message' && !isAbortable)
            messageAwaited(emitter, MAIN_THREAD, isOpen);
          return promise;
        } finally {
          isAbortable = outer;
        }
      },
    }.once;
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
  const listens = (
    emitter: EventEmitter,
    name: 'on' | 'once',
    event: string | symbol,
    listener: Listener,
    promise: () => object | null,
  ): void => {
    const isAwaited = settlesPromise(listener);
    // Whoever wants one message of a worker has asked for it, and waits for the answer.
    const isAsked = event === 'message' && (isAwaited || name === 'once') && emitter instanceof Worker;
    const [thisOne, settle] = [new OwnWeakRef(emitter), new OwnWeakRef(listener)];
    const isOpen = (): boolean => isListening(thisOne.deref(), event, settle.deref());
    if (isAwaited) observed(host, () => waits.add(emitter, event, name, isOpen, listener, promise));
    if (isAsked && !isAbortable) messageAwaited(emitter, emitter.threadId, isOpen);
  };
  const watching = (original: AddListener): AddListener => {
    const name = original.name === 'once' ? 'once' : 'on';
    return function listen(this: EventEmitter, event: string | symbol, listener: Listener): EventEmitter {
      const emitter = original.call(this, event, listener);
      if (event === 'message' || settlesPromise(listener))
        listens(this, name, event, listener, () => promiseOfExecutor(listen, LISTENS));
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

function isListening(
  emitter: EventEmitter | undefined,
  event: string | symbol,
  listener: Listener | undefined,
): boolean {
  return emitter !== undefined && listener !== undefined && emitter.listeners(event).includes(listener);
}
