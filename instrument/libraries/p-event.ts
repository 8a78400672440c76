import { waitForEvent } from '../node/late-waits.ts';
import type { Callable, LibraryAdapter } from './adapter.ts';

type PEvent = (emitter: object, event: unknown, ...rest: unknown[]) => Promise<unknown>;

/** p-event 5 to 8: a promise of an event, like `events.once` of Node. */
export const pEvent: LibraryAdapter = {
  name: 'p-event',
  versions: '>=5.0.0 <9.0.0',
  rebinds: ['pEvent'],
  patch(exports, rebind) {
    if (typeof exports['pEvent'] !== 'function') return null;
    rebind('pEvent', (original) => watched(original as unknown as PEvent) as unknown as Callable);
    return () => undefined;
  },
};

function watched(original: PEvent): PEvent {
  return function pEvent(emitter, event, ...rest) {
    const promise = original(emitter, event, ...rest);
    for (const each of [event].flat()) {
      if (typeof each === 'string' || typeof each === 'symbol') waitForEvent(emitter, each, 'pEvent', promise);
    }
    return promise;
  };
}
