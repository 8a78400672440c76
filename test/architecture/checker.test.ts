import { describe, expect, test } from 'vitest';
import { checkFile, checkImports, checkName, checkSize, checkSyntax, importsOf, resolveRelative } from './checker.ts';
import { rulesFor } from './rules.ts';

const rules = rulesFor({ name: 'dept', dependencies: { graphlib: '1', pino: '1' } });
const messages = (path: string, text: string): string[] =>
  checkImports({ path, text }, rules).map((violation) => violation.message);

describe('importsOf', () => {
  test.each([
    ["import { a } from './a.ts';", './a.ts', false],
    ["import a, { type B } from './a.ts';", './a.ts', false],
    ["import * as a from './a.ts';", './a.ts', false],
    ["import {\n  a,\n  b,\n} from './a.ts';", './a.ts', false],
    ['import { a } from "./a.ts";', './a.ts', false],
    ["import './a.ts';", './a.ts', false],
    ["export * from './a.ts';", './a.ts', false],
    ["export { a } from './a.ts';", './a.ts', false],
    ["import type { A } from './a.ts';", './a.ts', true],
    ["import type A from './a.ts';", './a.ts', true],
    ["export type { A } from './a.ts';", './a.ts', true],
    ["export type * from './a.ts';", './a.ts', true],
    ["import type from './a.ts';", './a.ts', false],
    ["import { type A } from './a.ts';", './a.ts', false],
    ["const a = await import('./a.ts');", './a.ts', false],
    ["const a = require('./a.ts');", './a.ts', false],
    ["let a: typeof import('./a.ts');", './a.ts', true],
    ["let a: import('./a.ts').A;", './a.ts', true],
    ['const a = await import(name);', undefined, false],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the template is what is tested
    ['const a = await import(`./${name}.ts`);', undefined, false],
  ])('%s', (text, specifier, typeOnly) => {
    expect(importsOf(text)).toEqual([{ specifier, typeOnly, line: 1 }]);
  });

  test.each(["// import { a } from './a.ts';", " * import './a.ts';", "// await import('./a.ts')", "const s = 'x';"])(
    'nothing in %s',
    (text) => {
      expect(importsOf(text)).toEqual([]);
    },
  );

  test('counts lines', () => {
    const text = "// first\n\nimport './a.ts';\n\nimport { b } from './b.ts';\n";
    expect(importsOf(text).map((found) => found.line)).toEqual([3, 5]);
  });
});

test('resolveRelative', () => {
  expect(resolveRelative('src/sync/mutex.ts', '../core/ids.ts')).toBe('src/core/ids.ts');
  expect(resolveRelative('src/sync/mutex.ts', './hooks.ts')).toBe('src/sync/hooks.ts');
  expect(resolveRelative('src/index.ts', '../../elsewhere.ts')).toBeUndefined();
});

describe('allowed', () => {
  test.each([
    ['src/core/graph.ts', "import { id } from './ids.ts';"],
    ['src/core/class-graph-export.ts', "import { Graph } from 'graphlib';\nimport { id } from './ids.ts';"],
    ['src/tracker/dept.ts', "import { id } from '../core/ids.ts';"],
    ['src/models/dma-buf/fence.ts', "import { Mutex } from '../../sync/mutex.ts';"],
    ['src/scenario/run.ts', "import { Dept } from '../tracker/dept.ts';"],
    [
      'src/index.ts',
      "export { install } from '../instrument/install.ts';\nexport { pretty } from '../reports/index.ts';",
    ],
    ['instrument/contexts.ts', "import { AsyncLocalStorage } from 'node:async_hooks';"],
    ['instrument/libraries/async-mutex.ts', "import type { Mutex } from 'async-mutex';"],
    ['instrument/preload.ts', "import { print } from '../reports/index.ts';"],
    ['instrument/testing/vitest.ts', "import { afterEach } from 'vitest';"],
    ['reports/text/pretty.ts', "import type { Port } from '../../src/tracker/port.ts';"],
    ['reports/sinks/file.ts', "import { writeFileSync } from 'node:fs';\nimport { pino } from 'pino';"],
    ['cli/main.ts', "import { install } from '../src/index.ts';\nconst app = await import(path);"],
    [
      'examples/01-abba-mutex.ts',
      "import { Mutex } from 'async-mutex';\nimport { install } from 'dept';\nimport 'dept/register';",
    ],
  ])('%s: %s', (path, text) => {
    expect(messages(path, text)).toEqual([]);
  });
});

describe('planted violations', () => {
  test.each([
    ['src/core/graph.ts', "import { Dept } from '../tracker/dept.ts';", 'src/core must not import src/tracker/dept.ts'],
    [
      'src/core/graph.ts',
      "import type { Dept } from '../tracker/dept.ts';",
      'src/core must not import src/tracker/dept.ts',
    ],
    ['src/core/graph.ts', "import { Graph } from 'graphlib';", "src/core must not import the package 'graphlib'"],
    ['src/core/clock.ts', "import { hrtime } from 'node:process';", "src/core must not import 'node:process'"],
    ['src/core/clock.ts', "import fs from 'fs';", "src/core must not import the package 'fs'"],
    ['src/core/graph.ts', 'await import(name);', 'src/core must not import what only run time knows'],
    [
      'src/tracker/dept.ts',
      "import { Mutex } from '../sync/mutex.ts';",
      'src/tracker must not import src/sync/mutex.ts',
    ],
    ['src/sync/mutex.ts', "import { Dept } from '../tracker/dept.ts';", 'src/sync must not import src/tracker/dept.ts'],
    [
      'src/models/module.ts',
      "import { run } from '../scenario/run.ts';",
      'src/models must not import src/scenario/run.ts',
    ],
    ['src/scenario/run.ts', "import 'node:fs';", "src/scenario must not import 'node:fs'"],
    [
      'src/scenario/run.ts',
      "import { wrap } from '../../instrument/attach.ts';",
      'src/scenario must not import instrument/attach.ts',
    ],
    ['src/other/x.ts', "import { a } from '../core/ids.ts';", 'no row of the table covers this file'],
    [
      'instrument/attach.ts',
      "import { print } from '../reports/index.ts';",
      'instrument must not import reports/index.ts',
    ],
    ['instrument/attach.ts', "import { install } from '../src/index.ts';", 'instrument must not import src/index.ts'],
    [
      'instrument/libraries/async-mutex.ts',
      "import { Mutex } from 'async-mutex';",
      "'async-mutex' is not installed with this package: only `import type` may name it",
    ],
    [
      'reports/text/dept.ts',
      "import { attach } from '../../instrument/attach.ts';",
      'reports must not import instrument/attach.ts',
    ],
    ['reports/text/dept.ts', "import { readFileSync } from 'node:fs';", "reports must not import 'node:fs'"],
    [
      'reports/document.ts',
      "import { Dept } from '../src/tracker/dept.ts';",
      'reports may import src/tracker/dept.ts by `import type` only',
    ],
    ['cli/run.ts', "import { a } from '../test/a.ts';", 'cli must not import test/a.ts'],
    ['cli/run.ts', "import { install } from 'dept';", "cli must not import its own package 'dept'"],
    ['cli/run.ts', "import { a } from './show.js';", "'./show.js' must name its file, with the extension .ts"],
    ['cli/run.ts', "import { a } from '../../a.ts';", "'../../a.ts' leaves the repository"],
    [
      'examples/01-a.ts',
      "import { a } from '../src/index.ts';",
      "examples imports by package name only, not '../src/index.ts'",
    ],
  ])('%s: %s', (path, text, message) => {
    expect(messages(path, text)).toEqual([message]);
  });

  test.each([
    ['src/core/waitHistory.ts', "the file name 'waitHistory.ts' is not kebab-case"],
    ['src/core/Graph.ts', "the file name 'Graph.ts' is not kebab-case"],
    ['src/dmaBuf/fence.ts', "the folder name 'dmaBuf' is not kebab-case"],
    ['reports/utils.ts', "'utils.ts' says nothing: name the file after what it holds"],
    ['reports/helpers/ring.ts', "'helpers' says nothing: name the file after what it holds"],
    ['cli/misc.ts', "'misc.ts' says nothing: name the file after what it holds"],
  ])('the name %s', (path, message) => {
    expect(checkName({ path, text: '' }).map((violation) => violation.message)).toEqual([message]);
  });

  test('a file over the limit', () => {
    const path = 'src/core/graph.ts';
    expect(checkSize({ path, text: 'x\n'.repeat(400) }, 400)).toEqual([]);
    expect(checkSize({ path, text: 'x\n'.repeat(401) }, 400)).toEqual([
      { path, line: 401, message: '401 lines, at most 400' },
    ]);
  });

  test.each([
    'export default function run() {}',
    'const a = 1;\nexport { a as default };',
    'enum Kind { A }',
    'export const enum Kind { A }',
  ])('the syntax %s', (text) => {
    expect(checkSyntax({ path: 'src/core/graph.ts', text })).toHaveLength(1);
  });

  test('checkFile runs every check', () => {
    const text = `import 'node:fs';\nexport default 1;\n${'\n'.repeat(400)}`;
    const found = checkFile({ path: 'src/core/Utils.ts', text }, rules).map((violation) => violation.line);
    expect(found).toEqual([1, 1, 401, 2]);
  });
});
