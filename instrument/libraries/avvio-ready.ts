import type { TrackedObject } from '../../src/core/tracked-object.ts';
import type { HowMuch } from '../../src/core/vocabulary.ts';
import * as hooks from '../../src/sync/hooks.ts';
import { patchClass } from '../patches/class-patch.ts';
import { standIn } from '../patches/stand-in.ts';
import { Claim } from '../shapes/claim.ts';
import { hasMethods } from '../shapes/has-methods.ts';
import { howOf } from '../shapes/how.ts';
import { owingTask } from '../shapes/owed-task.ts';
import type { Callable } from './adapter.ts';

const LOAD = howOf('register', 'loaded');

/** Limits that avvio (none) and Fastify set by themselves: nobody chose them, so they excuse nothing. */
const DEFAULT_TIMEOUTS_MS: readonly number[] = [0, 10_000];

/** The parts of what `avvio()` makes that are looked at. */
export interface Boot {
  once(event: 'preReady', listener: () => void): unknown;
  readonly booted: boolean;
  readonly _server?: object | null;
  readonly _opts?: { readonly timeout?: number };
  readonly _root: Plugin | null;
  ready(done?: unknown): unknown;
  _loadPlugin(plugin: Plugin, callback: unknown): unknown;
}

interface Plugin {
  func: Callable;
  exec(server: unknown, callback: (error?: { fn?: unknown }) => unknown): unknown;
}

/** The plugins of one application, and whoever waits for them. */
export interface Loading {
  readonly boot: Boot;
  object: TrackedObject | null;
  readonly waiting: Claim[];
  isOver: boolean;
}

const loadings = new WeakMap<object, Loading>();
const pluginsOf = new WeakMap<Plugin, Loading>();

/** True for what `avvio()` makes. */
export function isBoot(value: unknown): value is Boot {
  return hasMethods(value, ['ready', '_loadPlugin', 'once']);
}

/** Plugins owe that the application is ready as long as they load. */
export function patchBoot(prototype: Boot): () => void {
  const { _loadPlugin, ready } = prototype;
  prototype._loadPlugin = {
    _loadPlugin(this: Boot, plugin: Plugin, callback: unknown): unknown {
      const loading = loadingOf(this);
      // The root is what all of them are loaded in.
      if (plugin !== this._root && loading !== null) pluginsOf.set(plugin, loading);
      return _loadPlugin.call(this, plugin, callback);
    },
  }._loadPlugin;
  prototype.ready = {
    ready(this: Boot, done?: unknown): unknown {
      const loading = loadingOf(this);
      const run = (): unknown => ready.call(this, done);
      return loading === null ? run() : afterPlugins(loading, 'ready', run);
    },
  }.ready;
  return () => Object.assign(prototype, { _loadPlugin, ready });
}

export function patchPlugin(exports: Readonly<Record<string, unknown>>): (() => void) | null {
  return patchClass(exports['Plugin'], 'exec', (prototype: Plugin) => {
    const { exec } = prototype;
    prototype.exec = {
      exec(this: Plugin, server: unknown, callback: Parameters<Plugin['exec']>[1]): unknown {
        const loading = pluginsOf.get(this);
        if (loading === undefined) return exec.call(this, server, callback);
        const { func } = this;
        // A slice of its own: what it awaits is not what avvio asks of its promise.
        const run = standIn(func, (self, args) => hooks.carry(() => Reflect.apply(func, self, args as never))());
        this.func = run;
        try {
          return loadedBy(loading, exec).call(this, server, (error) => {
            // The plugin that took too long.
            if (error?.fn === run) error.fn = func;
            return callback(error);
          });
        } finally {
          this.func = func;
        }
      },
    }.exec;
    return () => Object.assign(prototype, { exec });
  });
}

/** The application that this server is for; undefined for one whose making was not seen. */
export function loadingFor(server: object): Loading | undefined {
  return loadings.get(server);
}

/** What has to be done before the application is ready. */
function loadedBy<F extends Callable>(loading: Loading, load: F): F {
  return owingTask(load, () => objectOf(loading), LOAD);
}

/** Whoever awaits the promise that `call` gives waits for the plugins, as long as they are not loaded. */
export function afterPlugins(loading: Loading, label: string, call: () => unknown): unknown {
  if (loading.isOver) return call();
  const promise = call();
  if (!(promise instanceof Promise)) return promise;
  const { timeout = 0 } = loading.boot._opts ?? {};
  const more: HowMuch | null = DEFAULT_TIMEOUTS_MS.includes(timeout) ? null : { timeoutMs: timeout };
  const claim = new Claim(objectOf(loading), howOf(label, 'loaded'), more);
  loading.waiting.push(claim);
  return claim.follow(promise);
}

function loadingOf(boot: Boot): Loading | null {
  if (typeof boot._server !== 'object' || boot._server === null) return null;
  const known = loadings.get(boot._server);
  if (known?.boot === boot) return known;
  const made: Loading = { boot, object: null, waiting: [], isOver: boot.booted };
  loadings.set(boot._server, made);
  boot.once('preReady', () => {
    made.isOver = true;
    for (const claim of made.waiting.splice(0)) claim.fire();
  });
  return made;
}

function objectOf(loading: Loading): TrackedObject | null {
  loading.object ??= hooks.track({ kind: 'promise', name: 'plugins of the application' });
  return loading.object;
}
