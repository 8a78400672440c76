import { waitForEvent } from '../node/late-waits.ts';
import { numberOf, optionOf } from '../patches/passed-options.ts';
import { standIn } from '../patches/stand-in.ts';
import type { Callable, LibraryAdapter } from './adapter.ts';

type Cancellable = Promise<unknown> & { cancel?: Callable };
type PEvent = (emitter: object, event: unknown, options?: unknown, ...rest: unknown[]) => Cancellable;

/** p-event 5 to 7: a promise of an event, like `events.once` of Node. */
export const pEvent: LibraryAdapter = {
  name: 'p-event',
  versions: '>=5.0.0 <8.0.0',
  rebinds: ['pEvent'],
  patch(exports, rebind) {
    if (typeof exports['pEvent'] !== 'function') return null;
    rebind('pEvent', (original) => watched(original as unknown as PEvent) as unknown as Callable);
    return () => undefined;
  },
};

function watched(original: PEvent): PEvent {
  return function pEvent(emitter, event, options, ...rest) {
    const promise = original(emitter, event, options, ...rest);
    const [only, ...others] = [event].flat();
    if (others.length > 0 || isChoosy(options) || (typeof only !== 'string' && typeof only !== 'symbol'))
      return promise;
    const state = { isWanted: true };
    const { cancel } = promise;
    if (typeof cancel === 'function') {
      promise.cancel = standIn(cancel, (self, args) => {
        state.isWanted = false;
        return Reflect.apply(cancel, self, args as never);
      });
    }
    waitForEvent(emitter, only, 'pEvent', promise, () => state.isWanted);
    return promise;
  };
}

/** What was filtered out was another event, and a limit ends the wait. */
function isChoosy(options: unknown): boolean {
  if (typeof options === 'function') return true;
  return optionOf(options, 'filter') !== undefined || numberOf(options, 'timeout') !== undefined;
}
