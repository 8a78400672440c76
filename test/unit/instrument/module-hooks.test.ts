import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import type { LibraryAdapter } from '../../../instrument/libraries/adapter.ts';
import { watchModules } from '../../../instrument/modules/module-hooks.ts';

type Greet = ((who: string) => string) & { loud?: Greet; default?: Greet };

const root = mkdtempSync(join(tmpdir(), 'dept-modules-'));
let count = 0;

/** A package of its own name, with the given files. */
class Package {
  readonly name: string;
  readonly #folder: string;
  readonly #require: NodeJS.Require;

  constructor(files: Readonly<Record<string, string>>) {
    this.name = `pkg${++count}`;
    this.#folder = join(root, 'node_modules', this.name);
    for (const [file, text] of Object.entries(files)) {
      const path = join(this.#folder, file);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text);
    }
    this.#require = createRequire(join(root, 'program.cjs'));
  }

  require(file = 'index.js'): Greet & Record<string, Greet> {
    return this.#require(`${this.name}/${file}`) as never;
  }

  async import(file = 'index.js'): Promise<Record<string, Greet>> {
    return (await import(/* @vite-ignore */ pathToFileURL(join(this.#folder, file)).href)) as never;
  }
}

const polite = (greet: Greet): Greet => {
  return (who) => `${greet(who)}, please`;
};

function adapterFor({ name }: Package, rebinds: readonly string[]): LibraryAdapter & { readonly files: string[] } {
  const files: string[] = [];
  return {
    name,
    versions: '*',
    rebinds,
    files,
    patch(_exports, rebind, file) {
      files.push(file);
      const found = rebinds.map((each) => rebind(each, polite));
      return found.includes(true) ? () => undefined : null;
    },
  };
}

afterAll(() => rmSync(root, { recursive: true, force: true }));

test('a package that another one has brought along is met as itself', () => {
  const inner = 'node_modules/brought/index.js';
  const outer = new Package({
    'index.js': "module.exports = require('brought');",
    [inner]: "exports.greet = (who) => 'hello ' + who;",
  });
  const adapter = { ...adapterFor(outer, ['greet']), name: 'brought' };
  const watch = watchModules([adapter, adapterFor(outer, [])]);
  expect(outer.require()['greet']?.('you')).toBe('hello you, please');
  expect(adapter.files).toEqual(['index.js']);
  watch.stop();
});

test('only the modules that an adapter is about are shown to it', async () => {
  const pkg = new Package({
    'lib/inner.js': "exports.greet = (who) => 'hello ' + who;",
    'lib/other.js': "exports.greet = (who) => 'good day ' + who;",
    'package.json': '{}',
    'lib/outer.mjs': "export const greet = (who) => 'hi ' + who;",
  });
  const adapter = { ...adapterFor(pkg, ['greet']), modules: /lib\/(?:inner\.js|outer\.mjs)/ };
  const watch = watchModules([adapter]);
  expect(pkg.require('lib/inner.js')['greet']?.('you')).toBe('hello you, please');
  expect(pkg.require('lib/other.js')['greet']?.('you')).toBe('good day you');
  expect((await pkg.import('lib/outer.mjs'))['greet']?.('you')).toBe('hi you, please');
  expect(adapter.files).toEqual(['lib/inner.js', 'lib/outer.mjs']);
  watch.stop();
});

describe('a CommonJS module that is one function', () => {
  const source = `
    module.exports = function greet(who) { return 'hello ' + who; };
    module.exports.loud = function loud(who) { return 'HELLO ' + who; };
    module.exports.default = module.exports;`;
  let pkg: Package;
  beforeEach(() => {
    pkg = new Package({ 'index.js': source });
  });

  test.each(['require', 'import'] as const)(
    'is replaced for who gets it first by %s, and for the others',
    async (first) => {
      const watch = watchModules([adapterFor(pkg, ['default'])]);
      if (first === 'import') expect((await pkg.import())['default']?.('you')).toBe('hello you, please');
      expect(pkg.require()('you')).toBe('hello you, please');
      expect((await pkg.import())['default']?.('you')).toBe('hello you, please');
      watch.stop();
      expect(pkg.require()('you')).toBe('hello you');
    },
  );

  test('keeps its name, length and properties', () => {
    const watch = watchModules([adapterFor(pkg, ['default'])]);
    const greet = pkg.require();
    expect([greet.name, greet.length, greet.loud?.('you')]).toEqual(['greet', 1, 'HELLO you']);
    expect(greet.default).toBe(greet);
    watch.stop();
  });

  test('is replaced for whoever requires it from now on, when it was loaded before', () => {
    expect(pkg.require()('you')).toBe('hello you');
    const watch = watchModules([adapterFor(pkg, ['default'])]);
    expect(pkg.require()('you')).toBe('hello you, please');
    watch.stop();
    expect(pkg.require()('you')).toBe('hello you');
    const again = watchModules([adapterFor(pkg, ['default'])]);
    expect(pkg.require()('you')).toBe('hello you, please');
    again.stop();
  });
});

test.each([
  ['a field', `exports.greet = (who) => 'hello ' + who;`],
  [
    'a getter nobody can redefine',
    `Object.defineProperty(exports, 'greet', { enumerable: true, get: () => (who) => 'hello ' + who });`,
  ],
])('a CommonJS export that is %s is replaced', async (_what, source) => {
  const pkg = new Package({ 'index.js': source });
  const watch = watchModules([adapterFor(pkg, ['greet'])]);
  expect(pkg.require()['greet']?.('you')).toBe('hello you, please');
  expect((await pkg.import())['default']?.['greet' as never]).toBe(pkg.require()['greet']);
  watch.stop();
  expect(pkg.require()['greet']?.('you')).toBe('hello you');
});

describe('a default export of an ES module is replaced', () => {
  test.each([
    ['a named function', `export default function greet(who) { return 'hello ' + who; }`, 'greet'],
    ['a function without a name', `export default function (who) { return 'hello ' + who; }`, 'default'],
    ['an arrow function', `export default (who) => 'hello ' + who;`, 'default'],
    ['a constant', `const greet = (who) => 'hello ' + who;\nexport default greet;`, 'greet'],
    ['a function declared below', `export default greet\nfunction greet(who) { return 'hello ' + who; }`, 'greet'],
    [
      'a list',
      `const x = 1, greet = (who) => 'hello ' + who;export{x,greet as default};`.replace('const', 'let'),
      'greet',
    ],
  ])('%s', async (_what, source, name) => {
    const importer = `import greet from './index.js'; export const call = (who) => greet(who);`;
    const pkg = new Package({ 'package.json': '{"type":"module"}', 'index.js': source, 'importer.js': importer });
    const watch = watchModules([adapterFor(pkg, ['default'])]);
    const greet = (await pkg.import())['default'] as Greet;
    expect([greet('you'), greet.name, greet.length]).toEqual(['hello you, please', name, 1]);
    const { call } = await pkg.import('importer.js');
    expect(call?.('you')).toBe('hello you, please');
    watch.stop();
    expect(call?.('you')).toBe('hello you');
  });
});

test('a named export of an ES module is replaced, by whatever name the module calls it', async () => {
  const source = `const a = (who) => 'hello ' + who; export { a as greet };`;
  const pkg = new Package({ 'package.json': '{"type":"module"}', 'index.js': source });
  const watch = watchModules([adapterFor(pkg, ['greet'])]);
  expect((await pkg.import())['greet']?.('you')).toBe('hello you, please');
  watch.stop();
});

test('each module of a package is met once, by its path, the inner ones first', () => {
  const pkg = new Package({
    'index.js': `const { greet } = require('./lib/greet.js'); exports.greet = greet;`,
    'lib/greet.js': `exports.greet = (who) => 'hello ' + who;`,
  });
  const adapter = adapterFor(pkg, ['greet']);
  const watch = watchModules([adapter]);
  // Replaced in the module that declares it, and not once more in the one that passes it on.
  expect(pkg.require()['greet']?.('you')).toBe('hello you, please');
  expect(adapter.files).toEqual(['lib/greet.js', 'index.js']);
  watch.stop();
});

test('a CommonJS module that is being evaluated when the watch begins is met when that is over', () => {
  const pkg = new Package({
    'index.js': `globalThis.begin(); exports.greet = (who) => 'hello ' + who;`,
  });
  const adapter = adapterFor(pkg, ['greet']);
  const host = globalThis as { begin?: () => void };
  let watch: ReturnType<typeof watchModules> | null = null;
  host.begin = () => {
    watch = watchModules([adapter]);
  };
  expect(pkg.require()['greet']?.('you')).toBe('hello you, please');
  (watch as ReturnType<typeof watchModules> | null)?.stop();
  delete host.begin;
});

test('modules keep the fields that Node gives them, also while several watches listen', () => {
  const fields = (module: object): unknown =>
    Object.entries(Object.getOwnPropertyDescriptors(module)).map(([key, { enumerable, writable }]) => [
      key,
      enumerable,
      writable,
    ]);
  const source = 'exports.self = module;';
  const bare = fields(new Package({ 'index.js': source }).require()['self'] as object);
  const pkg = new Package({ 'index.js': `${source} exports.greet = (who) => 'hello ' + who;` });
  const adapters = [adapterFor(pkg, ['greet']), adapterFor(pkg, ['greet'])];
  const watches = adapters.map((adapter) => watchModules([adapter]));
  const { greet, self } = pkg.require();
  expect(greet?.('you')).toBe('hello you, please');
  expect(adapters.map(({ files }) => files)).toEqual([['index.js'], ['index.js']]);
  expect(fields(self as object)).toEqual(bare);
  expect(self).toMatchObject({ loaded: true });
  for (const watch of watches.reverse()) watch.stop();
  expect('loaded' in Object.getPrototypeOf(self)).toBe(false);
});
