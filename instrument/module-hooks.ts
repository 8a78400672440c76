import Module from 'node:module';
import type { LibraryAdapter } from './libraries/adapter.ts';

/** Called by instrumented packages when one of their modules has been evaluated. */
const LOADED = Symbol.for('dept.loaded');

type OnLoaded = (name: string, exports: Record<string, unknown>) => void;
type Load = (this: unknown, request: string, parent: unknown, isMain: boolean) => unknown;
interface LoadResult {
  readonly format?: string | null | undefined;
  readonly source?: string | ArrayBuffer | NodeJS.TypedArray | null | undefined;
}

/**
 * Hands every copy of a known package to its adapter, ES module or CommonJS, once it is evaluated. ES modules get a
 * line that imports the module from itself, so the adapter sees the very namespace the program sees.
 * @returns what takes the hooks off where the runtime allows it
 */
export function watchModules(adapters: readonly LibraryAdapter[], onPatched: (undo: () => void) => void): () => void {
  const byName = new Map(adapters.map((adapter) => [adapter.name, adapter]));
  const seen = new WeakSet<object>();
  const onLoaded: OnLoaded = (name, exports) => {
    const target = typeof exports === 'object' || typeof exports === 'function' ? exports : null;
    if (target === null || seen.has(target)) return;
    seen.add(target);
    const undo = byName.get(name)?.patch(exports) ?? null;
    if (undo !== null) onPatched(undo);
  };
  (globalThis as Record<symbol, unknown>)[LOADED] = onLoaded;
  const undoCommonJs = watchCommonJs(byName, onLoaded);
  const undoModules = watchEsModules([...byName.keys()]);
  return () => {
    delete (globalThis as Record<symbol, unknown>)[LOADED];
    undoCommonJs();
    undoModules();
  };
}

function watchCommonJs(byName: ReadonlyMap<string, LibraryAdapter>, onLoaded: OnLoaded): () => void {
  const loader = Module as unknown as { _load: Load };
  const original = loader._load;
  loader._load = function _load(this: unknown, request: string, parent: unknown, isMain: boolean): unknown {
    const exports = Reflect.apply(original, this, [request, parent, isMain]) as Record<string, unknown>;
    const name = packageName(request);
    if (name !== null && byName.has(name)) onLoaded(name, exports);
    return exports;
  };
  return () => {
    loader._load = original;
  };
}

/** `async-mutex/lib` belongs to `async-mutex`, `@scope/name/x` to `@scope/name`; relative and absolute requests to none. */
function packageName(request: string): string | null {
  if (request.startsWith('.') || request.startsWith('/')) return null;
  return request
    .split('/')
    .slice(0, request.startsWith('@') ? 2 : 1)
    .join('/');
}

/** Source of a module of a watched package with the line that announces it. Runs in the hooks thread on Node 20, so it stands alone. */
function announced(url: string, result: LoadResult, pattern: RegExp): LoadResult {
  const match = pattern.exec(url);
  if (match === null || result.format !== 'module' || result.source === null || result.source === undefined)
    return result;
  const source =
    typeof result.source === 'string' ? result.source : new TextDecoder().decode(result.source as Uint8Array);
  const line = `\nimport * as __dept from ${JSON.stringify(url)};globalThis[Symbol.for('dept.loaded')]?.(${JSON.stringify(match[1])},__dept);`;
  return { ...result, source: source + line };
}

function watchEsModules(names: readonly string[]): () => void {
  const alternatives = names.map((name) => name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|');
  const pattern = new RegExp(`/node_modules/(${alternatives})/(?!.*/node_modules/)`);
  const module = Module as unknown as {
    registerHooks?: (hooks: object) => { deregister(): void };
    register: (specifier: string, parent: string) => void;
  };
  if (module.registerHooks !== undefined) {
    const hooks = module.registerHooks({
      load: (url: string, context: unknown, next: (url: string, context: unknown) => LoadResult) =>
        announced(url, next(url, context), pattern),
    });
    return () => hooks.deregister();
  }
  const source = [
    `const announced = ${announced.toString()};`,
    `const pattern = new RegExp(${JSON.stringify(pattern.source)});`,
    'export const load = async (url, context, next) => announced(url, await next(url, context), pattern);',
  ].join('\n');
  module.register(`data:text/javascript,${encodeURIComponent(source)}`, import.meta.url);
  // Hooks of the hooks thread cannot be taken off again; without the global they announce to nobody.
  return () => undefined;
}
