import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isObject } from '../../src/core/thenable.ts';

interface Manifest {
  readonly version: string | null;
  /** Paths within the package that programs get when they ask for it; null where they are not known. */
  readonly entries: ReadonlySet<string> | null;
}

const UNKNOWN: Manifest = { version: null, entries: null };

/** Read once for each copy of a package. */
const manifests = new Map<string, Manifest>();

/**
 * The version of the copy of a package that a module belongs to; null where none can be told: a bundle, a build from source
 * that has no version.
 * @param path of the module or its URL
 * @param file its path within the package
 */
export function versionOf(path: string, file: string): string | null {
  return manifestOf(path, file).version;
}

/**
 * False for a module that only the package itself asks for, such as the script of its worker threads: one of these alone
 * tells nothing of the shape of the package. The parameters are those of `versionOf`.
 */
export function isEntry(path: string, file: string): boolean {
  return manifestOf(path, file).entries?.has(file) !== false;
}

/** The same for any path of a module of this package; null where it is no installed one. */
export function versionAt(path: string, name: string): string | null {
  const folder = `/node_modules/${name}/`;
  const whole = path.replaceAll('\\', '/');
  const at = whole.lastIndexOf(folder);
  return at < 0 ? null : versionOf(whole, whole.slice(at + folder.length));
}

function manifestOf(path: string, file: string): Manifest {
  const whole = path.replaceAll('\\', '/');
  const folder = whole.slice(0, whole.lastIndexOf(file));
  const known = manifests.get(folder);
  if (known !== undefined) return known;
  const manifest = readManifest(folder);
  manifests.set(folder, manifest);
  return manifest;
}

function readManifest(folder: string): Manifest {
  try {
    const at = folder.startsWith('file:') ? fileURLToPath(folder) : folder;
    const { version, main, module, exports } = JSON.parse(readFileSync(join(at, 'package.json'), 'utf8')) as Fields;
    const [, told = null] = /^v?(\d+\.\d+\.\d+.*)$/.exec(String(version)) ?? [];
    return {
      // Release tools write the version when they publish.
      version: told === null || told.startsWith('0.0.0') ? null : told,
      entries: new Set([main ?? 'index.js', module, exports].flatMap(pathsIn).flatMap(filesAt)),
    };
  } catch {
    return UNKNOWN;
  }
}

/** The fields of a package.json, of any type. */
type Fields = Readonly<Partial<Record<'version' | 'main' | 'module' | 'exports', unknown>>>;

/** All paths in what a package exports, whatever the conditions. */
function pathsIn(exported: unknown): string[] {
  if (typeof exported === 'string') return [exported];
  return isObject(exported) ? Object.values(exported).flatMap(pathsIn) : [];
}

/** `./lib` may be `lib`, `lib.js` or `lib/index.js`. */
function filesAt(path: string): string[] {
  const [, file = ''] = /^(?:\.\/)?(.*?)\/?$/.exec(path) ?? [];
  return [file, `${file}.js`, `${file === '' || file === '.' ? '' : `${file}/`}index.js`];
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

/** True for a version that is older than all of such a range. */
export function isOlder(version: string, range: string): boolean {
  const [, lowest = ''] = /^>=(\S+)/.exec(range) ?? [];
  return lowest !== '' && compare(version, lowest) < 0;
}

function compare(a: string, b: string): number {
  const [left = [], right = []] = [a, b].map((version) => version.split(/[-+.]/, 3).map(Number));
  return [0, 1, 2].map((i) => (left[i] ?? 0) - (right[i] ?? 0)).find((difference) => difference !== 0) ?? 0;
}
