import { standIn } from '../patches/stand-in.ts';
import { hasMethods } from '../shapes/has-methods.ts';
import type { Callable, LibraryAdapter } from './adapter.ts';
import { afterPlugins, type Loading, loadingFor } from './avvio-ready.ts';

const METHODS = ['ready', 'listen'] as const;

type Server = Record<(typeof METHODS)[number], Callable>;
type Make = (...args: unknown[]) => Server;

/** Fastify 4 and 5: its own `ready` and `listen` wait for the plugins, which are avvio's part. */
export const fastify: LibraryAdapter = {
  name: 'fastify',
  versions: '>=4.0.0 <6.0.0',
  patch(_exports, rebind, file) {
    // Its other modules export functions too. Whoever hands over the package as a whole (Jest) cannot have it replaced.
    if (file !== 'fastify.js') return file === '' ? () => undefined : null;
    const watchedMake = (make: Make): Make => {
      return standIn(make, (self, args) => {
        const server = Reflect.apply(make, self, args);
        const loading = hasMethods(server, METHODS) ? loadingFor(server) : undefined;
        return loading === undefined ? server : watched(server, loading);
      });
    };
    return rebind('default', watchedMake) ? () => undefined : null;
  },
};

function watched(server: Server, loading: Loading): Server {
  const waiting = METHODS.map((name) => {
    const original = server[name];
    const wait = standIn(original, (self, args) =>
      afterPlugins(loading, name, () => Reflect.apply(original, self, args as never)),
    );
    return [name, wait] as const;
  });
  return Object.assign(server, Object.fromEntries(waiting));
}
