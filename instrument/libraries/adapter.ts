/** A way to watch one package: which versions it knows, and how its exports are patched and restored. */
export interface LibraryAdapter {
  /** Name of the package. */
  readonly name: string;
  /** Versions whose insides were looked at, as a range. */
  readonly versions: string;
  /**
   * Patches the package's exports in place.
   * @returns what restores them, or null when they do not look as expected (a version the adapter does not know)
   */
  patch(exports: Record<string, unknown>): (() => void) | null;
}
