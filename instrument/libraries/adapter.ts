/** Replaces a function that a module exports. @returns false when it has none of that name, or its binding is fixed */
export type Rebind = (name: string, wrap: (original: Callable) => Callable) => boolean;

export type Callable = (this: unknown, ...args: never[]) => unknown;

/** A way to watch one package: which versions it knows, and how its modules are patched and restored. */
export interface LibraryAdapter {
  /** Name of the package. */
  readonly name: string;
  /** Versions whose insides were looked at, as a range. */
  readonly versions: string;
  /** Functions of its modules that are replaced as a whole, because they are closures nobody can patch from outside. */
  readonly rebinds?: readonly string[];
  /**
   * Patches a module of the package in place; called once for each of its modules.
   * @returns what restores it, or null when there is nothing in this module that the adapter knows
   */
  patch(exports: Readonly<Record<string, unknown>>, rebind: Rebind): (() => void) | null;
}
