import type { LibraryAdapter } from '../libraries/adapter.ts';

/** Matches the path of a module of a known package that its adapter is about: its name, and the path within it. */
export function packagePattern(adapters: readonly LibraryAdapter[]): RegExp {
  const names = adapters.map(({ name, modules }) => {
    return modules === undefined ? escaped(name) : `${escaped(name)}(?=/${modules.source})`;
  });
  return installedPattern(names);
}

/** Matches the path of any module of a known package. */
export function knownPattern(adapters: readonly LibraryAdapter[]): RegExp {
  return installedPattern(adapters.map(({ name }) => escaped(name)));
}

function installedPattern(names: readonly string[]): RegExp {
  // Who reads the manifest of a package has not loaded it.
  const code = String.raw`(?![^?#]*\.json(?:[?#]|$))`;
  return new RegExp(`/node_modules/(${names.join('|')})/(?!(?:.*/)?node_modules/)${code}([^?#]*)`);
}

function escaped(name: string): string {
  return name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
