/**
 * Replaces a function that a module exports. `default` is the default export of an ES module, and in CommonJS the
 * function that is `module.exports`. What replaces it gets its name, length and own properties.
 * @returns false when the module has none of that name, or its binding is fixed
 */
export type Rebind = <F = Callable>(name: string, wrap: (original: F) => F) => boolean;

export type Callable = (this: unknown, ...args: never[]) => unknown;

/** A way to watch one package: which versions it knows, and how its modules are patched and restored. */
export interface LibraryAdapter {
  /** Name of the package. */
  readonly name: string;
  /** Versions whose insides were looked at, as a range. */
  readonly versions: string;
  /** The first version in which anything waits, where older ones are in use: not to know those is not worth a word. */
  readonly since?: string;
  /** Exports of its modules that are replaced as a whole, because they are closures nobody can patch from outside. */
  readonly rebinds?: readonly string[];
  /**
   * Paths within the package of the modules that it is about, where that is not all of them. The others are left alone, and
   * whoever loads none of these is not told that the package is unknown.
   */
  readonly modules?: RegExp;
  /**
   * Patches a module of the package in place; called once for each of its modules, the inner ones first.
   * @param file path of the module within its package, as in `lib/pool.js`; empty where nobody knows it
   * @returns what restores it, or null when there is nothing in this module that the adapter knows
   */
  patch(exports: Readonly<Record<string, unknown>>, rebind: Rebind, file: string): (() => void) | null;
}
