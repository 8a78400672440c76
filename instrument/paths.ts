import { existsSync } from 'node:fs';
import { dirname, isAbsolute, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const roots = new Map<string, string>();

/** Root of this package, from source or from dist. */
const ROOT = packageRoot(dirname(fileURLToPath(import.meta.url)));
const OWN_FOLDERS = ['src', 'instrument', 'reports', 'cli', 'dist'].map((folder) => `${ROOT}${sep}${folder}${sep}`);

/** The nearest folder upwards that has a package.json; the folder itself where none has. */
export function packageRoot(folder: string): string {
  const known = roots.get(folder);
  if (known !== undefined) return known;
  const parent = dirname(folder);
  let root = folder;
  if (!existsSync(`${folder}${sep}package.json`) && parent !== folder) {
    const above = packageRoot(parent);
    root = existsSync(`${above}${sep}package.json`) ? above : folder;
  }
  roots.set(folder, root);
  return root;
}

/** True for files of dept itself. */
export function isOwnFile(path: string): boolean {
  return OWN_FOLDERS.some((folder) => path.startsWith(folder));
}

/** True for files of packages that are installed, as paths or addresses. */
export function isInstalled(path: string): boolean {
  return /[\\/]node_modules[\\/]/.test(path);
}

/** `file:` addresses as paths; anything else as it is. */
export function toPath(specifier: string): string {
  if (!specifier.startsWith('file:')) return specifier;
  try {
    return fileURLToPath(specifier.replace(/[?#].*$/, ''));
  } catch {
    return specifier;
  }
}

/** A path below its own package, with forward slashes: the same on every machine. Installed packages keep their name. */
export function packageRelative(path: string): string {
  if (!isAbsolute(path)) return path;
  const installed = path.split(`${sep}node_modules${sep}`);
  if (installed.length > 1) return (installed.at(-1) ?? path).split(sep).join('/');
  return relative(packageRoot(dirname(path)), path)
    .split(sep)
    .join('/');
}
