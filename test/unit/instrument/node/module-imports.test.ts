import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { circleOfSuspended } from '../../../../instrument/node/module-circle.ts';
import { circleOfImports, moduleImports } from '../../../../instrument/node/module-imports.ts';
import type { SuspendedFunction } from '../../../../src/core/finding.ts';
import { NEVER } from '../../../../src/core/ids.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dept-modules-'));
});

afterEach(() => rmSync(folder, { recursive: true }));

/** The circle of the program whose modules are given by their source, `main.mjs` first. */
function circle(modules: Readonly<Record<string, string>>): readonly string[] | null {
  for (const [name, source] of Object.entries(modules)) writeFileSync(join(folder, name), source);
  const found = circleOfImports(moduleImports(join(folder, 'main.mjs')));
  return found?.map(({ from, to, line, column }) => `${basename(from)}:${line}:${column} ${basename(to)}`) ?? null;
}

test('a module that awaits the import of one that imports it', () => {
  const main = `export const version = 1;\nconst plugin = await import('./plugin.mjs');\n`;
  const plugin = `import { version } from './main.mjs';\n`;
  expect(circle({ 'main.mjs': main, 'plugin.mjs': plugin })).toEqual([
    'main.mjs:2:16 plugin.mjs',
    'plugin.mjs:1:1 main.mjs',
  ]);
});

test('through modules in between, named the whole way', () => {
  const modules = {
    'main.mjs': `import './boot.mjs';`,
    'boot.mjs': `await Promise.all([1]);\nexport default (await import("./plugin.mjs")).default;`,
    'plugin.mjs': `import {\n  a,\n  b,\n} from './shared.mjs';`,
    'shared.mjs': `const x = 1; export * from './boot.mjs';`,
  };
  expect(circle(modules)).toEqual([
    'boot.mjs:2:17 plugin.mjs',
    'plugin.mjs:1:1 shared.mjs',
    'shared.mjs:1:14 boot.mjs',
  ]);
});

test.each([
  ['not awaited', `import('./plugin.mjs').then(() => 1);`, `import './main.mjs';`],
  ['not imported back', `await import('./plugin.mjs');`, `export default 1;`],
  [
    'imported back in a comment',
    `await import('./plugin.mjs');`,
    `// import './main.mjs';\n/* import './main.mjs'; */`,
  ],
  ['imported back when it is called', `await import('./plugin.mjs');`, `export const f = () => import('./main.mjs');`],
  ['of a package', `await import('plugin.mjs');`, `import './main.mjs';`],
  ['computed', `await import('./plu' + 'gin.mjs');`, `import './main.mjs';`],
])('%s: none', (_what, main, plugin) => {
  expect(circle({ 'main.mjs': main, 'plugin.mjs': plugin })).toBeNull();
});

test('a module that awaits itself', () => {
  expect(circle({ 'main.mjs': `await import('./main.mjs');` })).toEqual(['main.mjs:1:1 main.mjs']);
});

test('a static circle is no deadlock', () => {
  expect(circle({ 'main.mjs': `import './a.mjs';`, 'a.mjs': `import './main.mjs';` })).toBeNull();
});

/** A function that has stopped in a line of a module. */
function stopped(name: string, file: string, line: number, waitsFor: readonly number[] = []): SuspendedFunction {
  const frames = [{ functionName: name, file, path: join(folder, file), line, column: 1 }];
  return { name, stack: { frames }, awaits: null, waitsFor, locals: [] };
}

/** What is said of a program of which only the heap is known, because it still runs. */
function saidOf(suspended: readonly SuspendedFunction[]): string | null {
  return circleOfSuspended(suspended, NEVER, join(folder, 'main.mjs'))?.message ?? null;
}

test('of several imports that could close a circle, the one at which the module has stopped', () => {
  const main = [
    `export const early = async () => await import('./early.mjs');`,
    `await import('./plugin.mjs');`,
    `await import('./late.mjs');`,
  ];
  writeFileSync(join(folder, 'main.mjs'), main.join('\n'));
  for (const name of ['early', 'plugin', 'late']) writeFileSync(join(folder, `${name}.mjs`), `import './main.mjs';`);
  expect(saidOf([stopped('module main.mjs', 'main.mjs', 2)])).toMatch(/main\.mjs awaits import\(\) of \S*plugin\.mjs/);
  expect(saidOf([stopped('module main.mjs', 'main.mjs', 4)])).toBe(null);
  expect(saidOf([stopped('early', 'main.mjs', 1)])).toBe(null);
});

test('an import of a function counts as long as the module awaits that function', () => {
  writeFileSync(
    join(folder, 'main.mjs'),
    `const load = async () => {\n  await import('./plugin.mjs');\n};\nawait load();\n`,
  );
  writeFileSync(join(folder, 'plugin.mjs'), `import './main.mjs';`);
  const load = stopped('load', 'main.mjs', 2);
  expect(saidOf([stopped('module main.mjs', 'main.mjs', 4, [1]), load])).toContain('awaits import() of');
  expect(saidOf([stopped('module main.mjs', 'main.mjs', 4), load])).toBe(null);
});

test('modules that have stopped at imports of each other, and only those', () => {
  const [main, a, b] = [`await import('./a.mjs');`, `await import('./b.mjs');`, `\nawait import('./a.mjs');`];
  for (const [name, source] of Object.entries({ main, a, b })) writeFileSync(join(folder, `${name}.mjs`), source);
  const stoppedAt = (line: number): readonly SuspendedFunction[] => [
    stopped('module main.mjs', 'main.mjs', 1),
    stopped('module a.mjs', 'a.mjs', 1),
    stopped('module b.mjs', 'b.mjs', line),
  ];
  expect(saidOf(stoppedAt(2))).toMatch(/a\.mjs awaits import\(\) of \S*b\.mjs, which awaits import\(\) of \S*a\.mjs:/);
  expect(saidOf(stoppedAt(1))).toBeNull();
});
