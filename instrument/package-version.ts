import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Read once for each copy of a package. */
const versions = new Map<string, string | null>();

/**
 * The version of the copy of a package that a module belongs to; null where none can be told: a bundle, a build from source
 * that has no version.
 * @param path of the module or its URL
 * @param file its path within the package
 */
export function versionOf(path: string, file: string): string | null {
  const whole = path.replaceAll('\\', '/');
  const folder = whole.slice(0, whole.lastIndexOf(file));
  const known = versions.get(folder);
  if (known !== undefined) return known;
  const version = readVersion(folder);
  versions.set(folder, version);
  return version;
}

/** The same for any path of a module of this package; null where it is no installed one. */
export function versionAt(path: string, name: string): string | null {
  const folder = `/node_modules/${name}/`;
  const whole = path.replaceAll('\\', '/');
  const at = whole.lastIndexOf(folder);
  return at < 0 ? null : versionOf(whole, whole.slice(at + folder.length));
}

function readVersion(folder: string): string | null {
  try {
    const at = folder.startsWith('file:') ? fileURLToPath(folder) : folder;
    const { version } = JSON.parse(readFileSync(join(at, 'package.json'), 'utf8')) as { version?: unknown };
    const [, told = null] = /^v?(\d+\.\d+\.\d+.*)$/.exec(String(version)) ?? [];
    // Release tools write the version when they publish.
    return told === null || told.startsWith('0.0.0') ? null : told;
  } catch {
    return null;
  }
}

/**
 * True for a version in a range of the form `>=1.2.0 <3.0.0`. A version before a release (`5.0.0-beta.2`) counts as that
 * release: its insides are those of the major to come.
 */
export function isWithin(version: string, range: string): boolean {
  return range.split(' ').every((bound) => {
    const [, sign, limit = ''] = /^(>=|<)(.+)$/.exec(bound) ?? [];
    const order = compare(version, limit);
    return sign === '>=' ? order >= 0 : sign === '<' ? order < 0 : true;
  });
}

function compare(a: string, b: string): number {
  const [left = [], right = []] = [a, b].map((version) => version.split(/[-+.]/, 3).map(Number));
  return [0, 1, 2].map((i) => (left[i] ?? 0) - (right[i] ?? 0)).find((difference) => difference !== 0) ?? 0;
}
