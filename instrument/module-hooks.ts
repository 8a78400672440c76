import Module from 'node:module';
import type { Callable, LibraryAdapter, Rebind } from './libraries/adapter.ts';

/** Called by instrumented packages when one of their modules has been evaluated. */
const LOADED = Symbol.for('dept.loaded');

type Bindings = Readonly<Record<string, readonly [get: () => Callable | undefined, set: (value: Callable) => void]>>;
type OnLoaded = (name: string, exports: Record<string, unknown>, bindings: Bindings | null) => void;
type Load = (this: unknown, request: string, parent: unknown, isMain: boolean) => unknown;
interface LoadResult {
  readonly format?: string | null | undefined;
  readonly source?: string | ArrayBuffer | NodeJS.TypedArray | null | undefined;
}

/** What becomes of the packages that are watched. */
export interface ModuleWatch {
  /** Packages of which a module was loaded and none was patched: versions the adapters do not know. */
  readonly unknown: readonly LibraryAdapter[];
  /** Patches a module of a watched package that was loaded where no hook saw it. */
  meet(name: string, exports: Record<string, unknown>): void;
  /** Restores what was patched and takes the hooks off where the runtime allows it. */
  stop(): void;
}

interface MetModule {
  readonly name: string;
  readonly exports: Record<string, unknown>;
  readonly bindings: Bindings | null;
}

/** Modules of known packages that any watch has met: they announce themselves once, but may be watched again. */
const met = new Map<object, MetModule>();
/** Patterns whose hook runs in the hooks thread of Node 20, where none can be taken off. */
const registered = new Set<string>();

/**
 * Hands every copy of a known package to its adapter, ES module or CommonJS, module by module, once each is evaluated. ES
 * modules get a line that imports the module from itself, so the adapter sees the very namespace the program sees, and can
 * replace the functions the module declares. What an earlier watch has met is handed over at once.
 */
export function watchModules(adapters: readonly LibraryAdapter[], hookLoaders = true): ModuleWatch {
  const byName = new Map(adapters.map((adapter) => [adapter.name, adapter]));
  const seen = new WeakSet<object>();
  const loaded = new Set<LibraryAdapter>();
  const patched = new Set<LibraryAdapter>();
  const undo: (() => void)[] = [];
  const onLoaded: OnLoaded = (name, exports, bindings) => {
    const adapter = byName.get(name);
    const isObject = (typeof exports === 'object' && exports !== null) || typeof exports === 'function';
    if (adapter === undefined || !isObject || seen.has(exports)) return;
    seen.add(exports);
    met.set(exports, { name, exports, bindings });
    loaded.add(adapter);
    const rebind: Rebind = (binding, wrap) => rebound(exports, bindings, binding, wrap, undo);
    const restore = adapter.patch(exports, rebind);
    if (restore === null) return;
    patched.add(adapter);
    undo.push(restore);
  };
  for (const { name, exports, bindings } of met.values()) onLoaded(name, exports, bindings);
  if (hookLoaders) undo.push(announceTo(onLoaded), watchCommonJs(byName, onLoaded), watchEsModules(adapters));
  return {
    get unknown() {
      return [...loaded].filter((adapter) => !patched.has(adapter));
    },
    meet: (name, exports) => onLoaded(name, exports, null),
    stop: () => {
      // Last patched, first restored: two modules of a package may share a prototype.
      for (const restore of undo.splice(0).reverse()) restore();
    },
  };
}

function announceTo(onLoaded: OnLoaded): () => void {
  const registry = globalThis as Record<symbol, unknown>;
  registry[LOADED] = onLoaded;
  return () => {
    if (registry[LOADED] === onLoaded) delete registry[LOADED];
  };
}

function rebound(
  exports: Record<string, unknown>,
  bindings: Bindings | null,
  name: string,
  wrap: (original: Callable) => Callable,
  undo: (() => void)[],
): boolean {
  const [get, set] = bindings?.[name] ?? ownBinding(exports, name);
  const original = get();
  if (typeof original !== 'function') return false;
  try {
    set(wrap(original));
  } catch {
    return false;
  }
  undo.push(() => set(original));
  return true;
}

/** A CommonJS export that can be assigned; one behind a getter is another module's, where it is met as itself. */
function ownBinding(exports: Record<string, unknown>, name: string): Bindings[string] {
  const isOwn = Object.getOwnPropertyDescriptor(exports, name)?.writable === true;
  return [
    () => (isOwn ? (exports[name] as Callable) : undefined),
    (value) => {
      exports[name] = value;
    },
  ];
}

function watchCommonJs(byName: ReadonlyMap<string, LibraryAdapter>, onLoaded: OnLoaded): () => void {
  const loader = Module as unknown as { _load: Load };
  const original = loader._load;
  let isWatching = true;
  const watched: Load = function _load(request, parent, isMain) {
    const exports = Reflect.apply(original, this, [request, parent, isMain]) as Record<string, unknown>;
    const name = packageName(request, parent);
    if (isWatching && name !== null && byName.has(name)) onLoaded(name, exports, null);
    return exports;
  };
  loader._load = watched;
  return () => {
    // Whoever wrapped it after us keeps calling this one.
    isWatching = false;
    if (loader._load === watched) loader._load = original;
  };
}

/**
 * `async-mutex/lib` belongs to `async-mutex`, `@scope/name/x` to `@scope/name`; a relative request to the package of the
 * module that asks.
 */
function packageName(request: string, parent: unknown): string | null {
  const asker = request.startsWith('.') ? ((parent as { filename?: string } | undefined)?.filename ?? '') : '';
  const path = request.startsWith('.') ? asker.split(/[\\/]node_modules[\\/]/).at(-1) : request;
  if (path === undefined || path === '' || path === asker || path.startsWith('/')) return null;
  return path
    .split(/[\\/]/)
    .slice(0, path.startsWith('@') ? 2 : 1)
    .join('/');
}

/**
 * Source of a module of a watched package with the line that announces it. The line may read and set the functions the
 * module declares, and those it exports follow. Runs in the hooks thread on Node 20, so it stands alone.
 */
function announced(
  url: string,
  result: LoadResult,
  pattern: RegExp,
  rebinds: Readonly<Record<string, readonly string[]>>,
): LoadResult {
  const name = pattern.exec(url)?.[1];
  const { format, source } = result;
  if (name === undefined || format !== 'module' || source === null || source === undefined) return result;
  const text = typeof source === 'string' ? source : new TextDecoder().decode(source as Uint8Array);
  const bindings = (rebinds[name] ?? []).map(
    (binding) => `${binding}:[()=>typeof ${binding}==='function'?${binding}:undefined,(f)=>{${binding}=f}]`,
  );
  const call = `globalThis[Symbol.for('dept.loaded')]?.(${JSON.stringify(name)},__dept,{${bindings.join(',')}})`;
  return { ...result, source: `${text}\nimport * as __dept from ${JSON.stringify(url)};${call};` };
}

function watchEsModules(adapters: readonly LibraryAdapter[]): () => void {
  const alternatives = adapters.map(({ name }) => name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|');
  const pattern = new RegExp(`/node_modules/(${alternatives})/(?!.*/node_modules/)`);
  const rebinds = Object.fromEntries(adapters.map(({ name, rebinds = [] }) => [name, rebinds]));
  const module = Module as unknown as {
    registerHooks?: (hooks: object) => { deregister(): void };
    register: (specifier: string, parent: string) => void;
  };
  if (module.registerHooks !== undefined) {
    const hooks = module.registerHooks({
      load: (url: string, context: unknown, next: (url: string, context: unknown) => LoadResult) =>
        announced(url, next(url, context), pattern, rebinds),
    });
    return () => hooks.deregister();
  }
  // Hooks of the hooks thread cannot be taken off again; without the global they announce to nobody.
  const stop = (): void => undefined;
  if (registered.has(pattern.source)) return stop;
  registered.add(pattern.source);
  const source = [
    `const announced = ${announced.toString()};`,
    `const pattern = new RegExp(${JSON.stringify(pattern.source)});`,
    `const rebinds = ${JSON.stringify(rebinds)};`,
    'export const load = async (url, context, next) => announced(url, await next(url, context), pattern, rebinds);',
  ].join('\n');
  module.register(`data:text/javascript,${encodeURIComponent(source)}`, import.meta.url);
  return stop;
}
