import { carryCallbacks } from '../patches/carried-callbacks.ts';
import { patchClass, restoreAll } from '../patches/class-patch.ts';
import type { Callable, LibraryAdapter } from './adapter.ts';
import { watchListeners } from './pg-listeners.ts';

const CARRYING = ['query', 'connect', 'end'] as const;

interface ClientPrototype extends Record<(typeof CARRYING)[number], Callable> {
  _pulseQueryQueue(): void;
}

/** pg 8. What its queries wait for is the server, so only their callbacks are tied to the code that asked; its pool is pg-pool's. */
export const pg: LibraryAdapter = {
  name: 'pg',
  versions: '>=8.0.0 <9.0.0',
  patch(exports) {
    return restoreAll(
      [exports, exports['Client']].map((made) =>
        patchClass(made, '_pulseQueryQueue', (client: ClientPrototype) =>
          restoreAll([carryCallbacks(client, CARRYING), watchListeners(client)]),
        ),
      ),
    );
  },
};
