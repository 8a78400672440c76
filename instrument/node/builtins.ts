import Module, { syncBuiltinESMExports } from 'node:module';
import { replaced } from '../patches/replaced.ts';

/** What a loader gives for a module: its text, unless it is one of Node's own. */
interface Loaded {
  readonly source?: string | ArrayBuffer | Uint8Array | null;
}

type OnLoaded = (url: string, loaded: Loaded) => void;

interface LoadHooks {
  load(url: string, context: unknown, next: (url: string, context: unknown) => Loaded): Loaded;
}

type RegisterHooks = (hooks: LoadHooks) => { deregister(): void };

/** Every Node that can hook loads has it. */
interface WithBuiltins {
  getBuiltinModule(id: string): object | undefined;
}

/** Patches a module of Node's own. @returns what restores it */
export type BuiltinPatch = (exports: never) => () => void;

/** Taken before it is patched. A `require` would be told to whoever listens to `module.require`, as the program's own. */
export const getBuiltinModule: typeof process.getBuiltinModule = process.getBuiltinModule;

/**
 * Patches modules of Node's own when the program loads them: none is loaded for our sake where the runtime lets us wait.
 * Node 20 does not, and neither does Jest: there they are loaded now. @returns what restores those that were patched
 */
export function whenLoaded(patches: Readonly<Record<string, BuiltinPatch>>): () => void {
  const undo: (() => void)[] = [];
  const waiting = new Map(Object.entries(patches));
  const patch = (name: string): void => {
    const apply = waiting.get(name);
    if (apply === undefined) return;
    waiting.delete(name);
    undo.push(apply(getBuiltinModule(`node:${name}`) as never));
  };
  for (const name of waiting.keys()) if (isLoaded(name)) patch(name);
  if (waiting.size > 0) {
    const unhook = hookLoads((url) => {
      const name = url.startsWith('node:') ? url.slice('node:'.length) : '';
      if (!waiting.has(name)) return;
      patch(name);
      syncBuiltinESMExports();
    });
    if (unhook !== null) undo.push(unhook);
    else for (const name of waiting.keys()) patch(name);
  }
  syncBuiltinESMExports();
  return () => {
    for (const restore of undo.splice(0).reverse()) restore();
    syncBuiltinESMExports();
  };
}

function registering(): RegisterHooks | undefined {
  return (Module as unknown as { registerHooks?: RegisterHooks }).registerHooks;
}

/** False on Node 20. Where it is true, a test runner may refuse it all the same. */
export function canHookLoads(): boolean {
  return registering() !== undefined;
}

const listeners = new Set<OnLoaded>();
let unhook: (() => void) | null = null;

/**
 * Tells of each module that was loaded and is not evaluated yet, where Node can, and of Node's own that the program gets
 * without a loader. One hook for all who want to know. @returns what ends that, or null where loads cannot be hooked
 */
export function hookLoads(onLoaded: OnLoaded): (() => void) | null {
  unhook ??= hookAll();
  if (unhook === null) return null;
  listeners.add(onLoaded);
  return () => {
    if (!listeners.delete(onLoaded) || listeners.size > 0) return;
    unhook?.();
    unhook = null;
  };
}

function hookAll(): (() => void) | null {
  const tell = (url: string, loaded: Loaded): void => {
    for (const listener of listeners) listener(url, loaded);
  };
  const hooks = registered({
    load(url, context, next) {
      const loaded = next(url, context);
      tell(url, loaded);
      return loaded;
    },
  });
  if (hooks === null) return null;
  const restore = replaced(process as WithBuiltins, 'getBuiltinModule', (original) => {
    const get = original as (this: unknown, id: string) => object | undefined;
    return function getBuiltinModule(this: unknown, id: string): object | undefined {
      const exports = get.call(this, id);
      if (exports !== undefined) tell(id.startsWith('node:') ? id : `node:${id}`, {});
      return exports;
    };
  });
  return () => {
    restore();
    hooks.deregister();
  };
}

/** Jest gives its tests a `registerHooks` that throws. */
function registered(hooks: LoadHooks): { deregister(): void } | null {
  try {
    return registering()?.(hooks) ?? null;
  } catch {
    return null;
  }
}

/** Another module of Node's own may have loaded it before. */
export function isLoaded(name: string): boolean {
  const { moduleLoadList } = process as unknown as { moduleLoadList?: readonly string[] };
  return moduleLoadList?.includes(`NativeModule ${name}`) ?? false;
}
