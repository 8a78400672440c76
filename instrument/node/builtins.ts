import Module, { createRequire } from 'node:module';

interface LoadHooks {
  load(url: string, context: unknown, next: (url: string, context: unknown) => unknown): unknown;
}

type RegisterHooks = (hooks: LoadHooks) => { deregister(): void };

/** Patches a module of Node's own. @returns what restores it */
export type BuiltinPatch = (exports: never) => () => void;

const require = createRequire(import.meta.url);

/**
 * Patches modules of Node's own when the program loads them: none is loaded for our sake where the runtime lets us wait.
 * Node 20 does not: there they are loaded now. @returns what restores those that were patched
 */
export function whenLoaded(patches: Readonly<Record<string, BuiltinPatch>>): () => void {
  const undo: (() => void)[] = [];
  const waiting = new Map(Object.entries(patches));
  const patch = (name: string): void => {
    const apply = waiting.get(name);
    if (apply === undefined) return;
    waiting.delete(name);
    undo.push(apply(require(`node:${name}`) as never));
  };
  const { registerHooks } = Module as unknown as { registerHooks?: RegisterHooks };
  for (const name of waiting.keys()) if (registerHooks === undefined || isLoaded(name)) patch(name);
  if (registerHooks !== undefined && waiting.size > 0) {
    const hooks = registerHooks({
      load(url, context, next) {
        const loaded = next(url, context);
        if (url.startsWith('node:')) patch(url.slice('node:'.length));
        return loaded;
      },
    });
    undo.push(() => hooks.deregister());
  }
  return () => {
    for (const restore of undo.splice(0).reverse()) restore();
  };
}

/** Another module of Node's own may have loaded it before. */
function isLoaded(name: string): boolean {
  const { moduleLoadList } = process as unknown as { moduleLoadList?: readonly string[] };
  return moduleLoadList?.includes(`NativeModule ${name}`) ?? false;
}
