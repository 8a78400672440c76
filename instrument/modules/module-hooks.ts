import Module from 'node:module';
import { pathToFileURL } from 'node:url';
import { isObject } from '../../src/core/thenable.ts';
import type { LibraryAdapter, Rebind } from '../libraries/adapter.ts';
import { markedOrNull, mayBeMarked, withOwnLocks } from '../own-locks/marking.ts';
import { MAY_WAIT } from '../own-locks/may-wait.ts';
import { rewriteCommonJs, watchCommonJs } from './commonjs-modules.ts';
import { startHooksThread } from './hooks-thread.ts';
import { type Bindings, type CommonJsModule, rebinder } from './module-bindings.ts';
import { announced, type LoadResult } from './module-source.ts';
import { knownPattern, packagePattern } from './package-patterns.ts';
import { isEntry, isWithin, versionOf } from './package-version.ts';

/** Called by instrumented packages when one of their modules has been evaluated. */
const LOADED = Symbol.for('dept.loaded');

type OnLoaded = (
  name: string,
  file: string,
  exports: Record<string, unknown>,
  bindings: Bindings | null,
  url: string,
) => void;

/** A package that was loaded and is not watched. */
export interface UnknownLibrary {
  readonly adapter: LibraryAdapter;
  /** Outside of the range of the adapter; null where it is the shape that is not known. */
  readonly version: string | null;
}

/** What becomes of the packages that are watched. */
export interface ModuleWatch {
  /**
   * Packages with a copy whose version the adapter does not know, or that a program has asked for while no module of them
   * had the shape that it knows.
   */
  readonly unknown: readonly UnknownLibrary[];
  /** Patches a module of a watched package that was loaded where no hook saw it. */
  meet(name: string, exports: Record<string, unknown>, version?: string | null): void;
  /** Restores what was patched and takes the hooks off where the runtime allows it. */
  stop(): void;
}

interface MetModule {
  readonly name: string;
  readonly file: string;
  readonly exports: Record<string, unknown>;
  readonly bindings: Bindings | null;
  readonly module: CommonJsModule | null;
  /** Of the copy it belongs to, as far as that is known. */
  readonly version: string | null;
  /** False where only the package itself asks for it. */
  readonly isEntry: boolean;
}

/** Modules of known packages that any watch has met: they announce themselves once, but may be watched again. */
const met = new Map<object, MetModule>();
/** ES modules among them: who requires one gets another object for it. */
const imported = new Set<string>();
/** Patterns whose hook runs in the hooks thread of Node 20, where none can be taken off. */
const registered = new Set<string>();

/**
 * Hands every copy of a known package to its adapter, ES module or CommonJS, module by module, once each is evaluated. ES
 * modules get a line that imports the module from itself, so the adapter sees the very namespace the program sees, and can
 * replace the functions the module exports. A CommonJS module is met before anybody gets its exports, so they can be
 * replaced whole, for those who require it and those who import it. What an earlier watch has met is handed over at once.
 */
export function watchModules(
  adapters: readonly LibraryAdapter[],
  { hookLoaders = true, ownLocks = true }: { hookLoaders?: boolean; ownLocks?: boolean } = {},
): ModuleWatch {
  const byName = new Map(adapters.map((adapter) => [adapter.name, adapter]));
  const seen = new WeakSet<object>();
  const loaded = new Set<LibraryAdapter>();
  const patched = new Set<LibraryAdapter>();
  const refused = new Map<LibraryAdapter, string>();
  const undo: (() => void)[] = [];
  const onMet = (one: MetModule): void => {
    const { name, exports, bindings, module, version } = one;
    const adapter = byName.get(name);
    if (adapter === undefined || !isObject(exports) || seen.has(exports)) return;
    seen.add(exports);
    met.set(exports, one);
    if (version !== null && !isWithin(version, adapter.versions)) {
      if (isWithin(version, `>=${adapter.since ?? '0.0.0'}`)) refused.set(adapter, version);
      return;
    }
    if (one.isEntry || adapter.modules !== undefined) loaded.add(adapter);
    const restore = patchOf(adapter, one, rebinder(bindings, exports, module, undo));
    if (module !== null) seen.add(module.exports);
    if (restore === null) return;
    patched.add(adapter);
    undo.push(restore);
  };
  for (const one of [...met.values()]) onMet(one);
  if (hookLoaders) {
    const pattern = packagePattern(adapters);
    const isWatched = (filename: string): boolean => pattern.test(filename.replaceAll('\\', '/'));
    const onCommonJs = (filename: string, module: CommonJsModule): void => {
      if (imported.has(pathToFileURL(filename).href)) return;
      const [, name = '', file = ''] = pattern.exec(filename.replaceAll('\\', '/')) ?? [];
      onMet({ name, file, exports: module.exports, bindings: null, module, ...originOf(filename, file) });
    };
    undo.push(
      announceTo((name, file, exports, bindings, url) => {
        imported.add(url);
        onMet({ name, file, exports, bindings, module: null, ...originOf(url, file) });
      }),
      watchCommonJs(isWatched, onCommonJs),
      watchSources(adapters, pattern, ownLocks),
    );
  }
  return {
    get unknown() {
      const shapeless = [...loaded].filter((adapter) => !patched.has(adapter) && !refused.has(adapter));
      return [
        ...[...refused].map(([adapter, version]) => ({ adapter, version })),
        ...shapeless.map((adapter) => ({ adapter, version: null })),
      ];
    },
    meet: (name, exports, version = null) => {
      onMet({ name, file: '', exports, bindings: null, module: null, version, isEntry: true });
    },
    stop: () => {
      // Last patched, first restored: two modules of a package may share a prototype.
      for (const restore of undo.splice(0).reverse()) restore();
    },
  };
}

function originOf(path: string, file: string): Pick<MetModule, 'version' | 'isEntry'> {
  return { version: versionOf(path, file), isEntry: isEntry(path, file) };
}

/** A module with insides that the adapter did not expect is left alone like one that it does not know. */
function patchOf(adapter: LibraryAdapter, { exports, file }: MetModule, rebind: Rebind): (() => void) | null {
  try {
    return adapter.patch(exports, rebind, file);
  } catch {
    return null;
  }
}

function announceTo(onLoaded: OnLoaded): () => void {
  const registry = globalThis as Record<symbol, unknown>;
  registry[LOADED] = onLoaded;
  return () => {
    if (registry[LOADED] === onLoaded) delete registry[LOADED];
  };
}

/** Modules tell of themselves by what is put into their text: those of known packages, and locks of the program's own. */
function watchSources(adapters: readonly LibraryAdapter[], pattern: RegExp, ownLocks: boolean): () => void {
  const rebinds = Object.fromEntries(adapters.map(({ name, rebinds = [] }) => [name, rebinds]));
  const known = knownPattern(adapters);
  const isOwn = (filename: string): boolean => mayBeMarked(filename.replaceAll('\\', '/'), known);
  const module = Module as unknown as {
    registerHooks?: (hooks: object) => { deregister(): void };
    register: (specifier: string, parent: string) => void;
  };
  // What a compiler of its own loads comes through no hook of Node's.
  const stopRewriting = ownLocks ? rewriteCommonJs(isOwn, markedOrNull) : (): void => undefined;
  if (module.registerHooks !== undefined) {
    const hooks = module.registerHooks({
      load: (url: string, context: unknown, next: (url: string, context: unknown) => LoadResult) => {
        const result = announced(url, next(url, context), pattern, rebinds);
        return ownLocks ? withOwnLocks(url, result, known) : result;
      },
    });
    return () => {
      hooks.deregister();
      stopRewriting();
    };
  }
  // Hooks of the hooks thread cannot be taken off again; without the global they announce to nobody.
  const key = `${pattern.source}${ownLocks}`;
  if (registered.has(key)) return stopRewriting;
  registered.add(key);
  const marking = new URL(`../own-locks/marking.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url);
  const source = [
    // Compilers that keep names put this into functions.
    'const __name = (named) => named;',
    `const announced = ${announced.toString()};`,
    `const pattern = new RegExp(${JSON.stringify(pattern.source)});`,
    `const rebinds = ${JSON.stringify(rebinds)};`,
    `const known = new RegExp(${JSON.stringify(known.source)});`,
    `const mayWait = new RegExp(${JSON.stringify(ownLocks ? MAY_WAIT.source : '(?!)')});`,
    'const textOf = (source) => typeof source === "string" ? source : new TextDecoder().decode(source);',
    'export const load = async (url, context, next) => {',
    '  const result = announced(url, await next(url, context), pattern, rebinds);',
    // What reads texts has some of what it looks for in its own: it would wait for itself.
    `  if (url.startsWith(${JSON.stringify(new URL('../', import.meta.url).href)})) return result;`,
    '  if (!result.source || url.includes("/node_modules/") && !/lock|mutex|sema|excl|critical|serial/i.test(url)) return result;',
    '  if (!mayWait.test(textOf(result.source))) return result;',
    // From source there is nobody in that thread who reads TypeScript.
    `  const marking = await import(${JSON.stringify(marking.href)}).catch(() => null);`,
    '  return marking?.withOwnLocks(url, result, known) ?? result;',
    '};',
  ].join('\n');
  const hooks = `data:text/javascript,${encodeURIComponent(source)}`;
  startHooksThread(() => module.register(hooks, import.meta.url));
  return stopRewriting;
}
