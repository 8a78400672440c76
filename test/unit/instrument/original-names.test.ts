import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { transformSync } from 'esbuild';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { originalName } from '../../../instrument/stacks/original-names.ts';

const SOURCE = `
function outer(run: () => void) {
  function inner(times: number) { for (let i = 0; i < times; i++) run(); }
  inner(2);
}
const arrow = async (value: number) => { await value; outer(() => undefined); };
class Shop { order() { outer(() => undefined); } }
outer(() => arrow(1));
new Shop().order();
`;

let folder: string;
let file: string;
let code: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'dept-names-'));
  file = join(folder, 'min.js');
  // Under a format, what is at the top level is minified too.
  const minified = transformSync(SOURCE, {
    loader: 'ts',
    format: 'iife',
    minifyIdentifiers: true,
    sourcefile: 'shop.ts',
    sourcemap: 'inline',
  });
  code = minified.code;
  writeFileSync(file, code);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Line and column, from 1, and the minified name of the function around the first match. */
function inside(pattern: RegExp, declared: RegExp): readonly [line: number, column: number, name: string] {
  const at = code.search(pattern);
  const before = code.slice(0, at);
  const name = [...before.matchAll(declared)].at(-1)?.[1] ?? '';
  return [before.split('\n').length, at - before.lastIndexOf('\n'), name];
}

test.each([
  ['a function', /\w+\(2\)/, /function (\w+)\(/g, 'inner'],
  ['a function in a function', /for \(/, /function (\w+)\(/g, 'inner'],
  ['a function in a variable', /await \w+/, /const (\w+) = async/g, 'arrow'],
])('%s has its name back', (_what, pattern, declared, expected) => {
  const [line, column, name] = inside(pattern, declared);
  expect(name).not.toBe(expected);
  expect(originalName(file, line, column, name)).toBe(expected);
});

test('the last declaration before the place counts', () => {
  const [line, column] = inside(/await \w+/, /const (\w+) = async/g);
  const outer = /function (\w+)\(/.exec(code)?.[1] ?? '';
  expect(originalName(file, line, column, outer)).toBe('outer');
});

test('names that nobody shortened, or nobody knows, stay', () => {
  const [line, column] = inside(/await \w+/, /const (\w+) = async/g);
  expect(originalName(file, line, column, 'Shop.order')).toBe(null);
  expect(originalName(file, line, column, 'order')).toBe(null);
  expect(originalName(file, line, column, '$$')).toBe(null);
  expect(originalName(join(folder, 'none.js'), 1, 1, 'a')).toBe(null);
  expect(originalName(file, 99_999, 1, 'a')).toBe(null);
});
