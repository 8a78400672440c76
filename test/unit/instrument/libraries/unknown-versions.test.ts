import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { install } from '../../../../instrument/install.ts';
import type { LibraryAdapter } from '../../../../instrument/libraries/adapter.ts';
import { LIBRARY_ADAPTERS } from '../../../../instrument/libraries/index.ts';
import { type ModuleWatch, watchModules } from '../../../../instrument/modules/module-hooks.ts';

const POOL = 'class Pool { acquire() { return 1; } }';
/** Paths that adapters which name their modules know too: what is inside, and what CommonJS and ES modules get. */
type Files = readonly [inner: string, commonJs: string, module: string];
const FILES: Files = ['dist/cjs/internal/fiberRuntime.js', 'dist/cjs/Effect.js', 'dist/esm/Effect.js'];
const FILES_OF: Readonly<Record<string, Files>> = {
  '@redis/client': ['dist/lib/client/index.js', 'dist/lib/client/pool.js', 'dist/lib/client/commands-queue.js'],
  'es-toolkit': ['dist/promise/semaphore.js', 'dist/promise/index.js', 'dist/promise/index.mjs'],
  lodash: ['memoize.js', 'lodash.js', 'lodash.min.js'],
  'lodash-es': ['memoize.js', 'lodash.js', 'dist/esm/lodash.js'],
  mariadb: ['dist/callback.cjs', 'dist/promise.cjs', 'dist/promise.mjs'],
  mysql: ['lib/Pool.js', 'lib/PoolConnection.js', 'lib/Connection.js'],
  slonik: ['dist/factories/createConnectionPool.js', 'dist/index.js', 'dist/index.mjs'],
  sequelize: ['lib/dialects/abstract/connection-manager.js', 'lib/index.js', 'lib/index.mjs'],
};

function filesOf(name: string): Files {
  return FILES_OF[name] ?? FILES;
}
const RESULTS = [1, 1, 1, 2];

/** A folder of packages that have the names of known ones. */
class Packages {
  readonly #root = mkdtempSync(join(tmpdir(), 'dept-versions-'));
  readonly #require = createRequire(join(this.#root, 'program.cjs'));

  add(name: string, version?: string): void {
    const [inner, commonJs, module] = filesOf(name);
    const exported = `exports.version = '${version}'; exports.Pool = ${POOL};`;
    this.#write(name, 'package.json', JSON.stringify({ name, version, main: commonJs }));
    this.#write(name, inner, exported);
    const path = relative(dirname(commonJs), inner).replaceAll('\\', '/');
    this.#write(name, commonJs, `${exported} exports.inner = require('./${path}');`);
    this.#write(name, 'dist/esm/package.json', '{"type":"module"}');
    const text = `export const version = '${version}'; export ${POOL}\nexport default function make() { return 2; }`;
    this.#write(name, module, text);
  }

  /** The results of a module that programs do not ask for: the script of its threads. */
  useInside(name: string): unknown {
    this.#write(name, 'lib/worker.js', 'exports.work = () => 1;');
    return this.#require(`${name}/lib/worker.js`).work();
  }

  /** The version, as programs read it that tell of their packages. */
  readVersion(name: string): unknown {
    return this.#require(`${name}/package.json`).version;
  }

  /** The results of a program that uses it, as CommonJS and as an ES module. */
  async use(name: string): Promise<readonly unknown[]> {
    const { Pool, inner } = this.#require(name);
    const url = pathToFileURL(join(this.#root, 'node_modules', name, filesOf(name)[2])).href;
    const module = await import(/* @vite-ignore */ url);
    return [new Pool().acquire(), new inner.Pool().acquire(), new module.Pool().acquire(), module.default()];
  }

  [Symbol.dispose](): void {
    rmSync(this.#root, { recursive: true, force: true });
  }

  #write(name: string, file: string, text: string): void {
    const path = join(this.#root, 'node_modules', name, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
}

/** The lowest version above its range. */
function tooNew({ versions }: LibraryAdapter): string {
  return /<(\S+)$/.exec(versions)?.[1] ?? '';
}

const NAMED = LIBRARY_ADAPTERS.map((adapter) => [adapter.name, adapter] as const);

const packages = new Packages();
const watches: ModuleWatch[] = [];

afterEach(() => {
  for (const watch of watches.splice(0)) watch.stop();
});
afterAll(() => packages[Symbol.dispose]());

/** The files of this version that the adapter is asked to patch while a program uses the package. */
async function filesAsked(adapter: LibraryAdapter, version: string | undefined): Promise<readonly string[]> {
  const asked: string[] = [];
  const spied: LibraryAdapter = {
    ...adapter,
    patch: (exports, _rebind, file) => {
      if (exports['version'] === String(version)) asked.push(file);
      return null;
    },
  };
  // The hooks are those of all, as in a program.
  const watch = watchModules(LIBRARY_ADAPTERS.map((each) => (each === adapter ? spied : each)));
  watches.push(watch);
  using own = new Packages();
  own.add(adapter.name, version);
  expect(await own.use(adapter.name)).toEqual(RESULTS);
  const told = watch.unknown.filter((each) => each.adapter === spied).map((each) => each.version);
  // Nothing is patched here, so it is told of in any case, and once.
  expect(told).toEqual([asked.length === 0 ? version : told[0]]);
  return asked;
}

test.each(NAMED)('%s is not asked about a version above its range', async (_name, adapter) => {
  expect(await filesAsked(adapter, tooNew(adapter))).toEqual([]);
});

describe('what counts as a version of the range', () => {
  const tarn = LIBRARY_ADAPTERS.find(({ name }) => name === 'tarn') as LibraryAdapter;
  const all = [...FILES];
  test.each([
    ['2.0.0', all],
    ['3.99.1', all],
    ['2.0.0-beta.2', all],
    ['v2.0.0-beta.2', all],
    ['main', all],
    ['0.0.0-development', all],
    [undefined, all],
    ['1.99.99', []],
    ['4.0.0-alpha.1', []],
    ['99.0.0', []],
  ])('%s', async (version, files) => {
    expect(await filesAsked(tarn, version)).toEqual(files);
  });
});

test('each library of a version that is not known is told once, however many modules of it there are', async () => {
  for (const { name } of LIBRARY_ADAPTERS) packages.add(name, '99.0.0');
  const installation = install();
  for (const { name } of LIBRARY_ADAPTERS) expect(await packages.use(name)).toEqual(RESULTS);
  expect(installation.findings).toEqual([]);
  installation.noteUnknownLibraries();
  const told = installation.findings.map(({ code, severity, message }) => `${code} ${severity} ${message}`);
  const expected = LIBRARY_ADAPTERS.map(({ name, versions }) => {
    return `DEPT009 info ${name} is loaded in a version dept does not know, 99.0.0 (it knows ${versions}); its locks are not watched.`;
  });
  expect(told.toSorted()).toEqual(expected.toSorted());
  expect(new Set(installation.findings.map(({ fingerprint }) => fingerprint)).size).toBe(LIBRARY_ADAPTERS.length);
  installation.uninstall();
});

test('nothing is said of versions that are older than anything that waits in a package', () => {
  const adapter: LibraryAdapter = { name: 'cache', versions: '>=10.0.0 <12.0.0', since: '7.0.0', patch: () => null };
  const watch = watchModules([adapter], { hookLoaders: false });
  watches.push(watch);
  watch.meet('cache', { of: '5.1.1' }, '5.1.1');
  expect(watch.unknown).toEqual([]);
  watch.meet('cache', { of: '7.0.0' }, '7.0.0');
  expect(watch.unknown).toEqual([{ adapter, version: '7.0.0' }]);
});

test('a package that a test runner hands over is known by its version, or by its shape where there is none', () => {
  const asked: unknown[] = [];
  const adapter: LibraryAdapter = {
    name: 'tarn',
    versions: '>=2.0.0 <4.0.0',
    patch: (exports) => {
      asked.push(exports);
      return null;
    },
  };
  const watch = watchModules([adapter], { hookLoaders: false });
  watches.push(watch);
  const [known, tooNew, nameless] = [{ of: '3.0.1' }, { of: '4.0.0' }, { of: 'nothing' }];
  watch.meet('tarn', known, '3.0.1');
  watch.meet('tarn', tooNew, '4.0.0');
  watch.meet('tarn', nameless);
  expect(asked).toContain(known);
  expect(asked).toContain(nameless);
  expect(asked).not.toContain(tooNew);
  expect(watch.unknown.filter((each) => each.adapter === adapter)).toHaveLength(1);
});

test('a package of which only the manifest is read is not loaded', () => {
  const adapter: LibraryAdapter = { name: 'told-of', versions: '>=1.0.0 <2.0.0', patch: () => null };
  packages.add('told-of', '99.0.0');
  const watch = watchModules([adapter]);
  watches.push(watch);
  expect(packages.readVersion('told-of')).toBe('99.0.0');
  expect(watch.unknown).toEqual([]);
});

test('an adapter that fails leaves the program alone, and its library is told of like one that is not known', async () => {
  packages.add('tarn', '3.0.0');
  const failing: LibraryAdapter = {
    name: 'tarn',
    versions: '>=3.0.0 <3.0.1',
    patch: () => {
      throw new TypeError('no such insides');
    },
  };
  const watch = watchModules(LIBRARY_ADAPTERS.map((each) => (each.name === 'tarn' ? failing : each)));
  watches.push(watch);
  expect(await packages.use('tarn')).toEqual(RESULTS);
  expect(watch.unknown.filter(({ adapter }) => adapter === failing)).toHaveLength(1);
});

test('a package of which only an inner module is loaded is not told of: its thread runs the script, its users the rest', async () => {
  const adapter: LibraryAdapter = { name: 'thread-pool', versions: '>=1.0.0 <2.0.0', patch: () => null };
  packages.add('thread-pool', '1.5.0');
  const watch = watchModules([adapter]);
  watches.push(watch);
  expect(packages.useInside('thread-pool')).toBe(1);
  expect(watch.unknown).toEqual([]);
  await packages.use('thread-pool');
  expect(watch.unknown).toEqual([{ adapter, version: null }]);
});
