import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { checkFile, checkImports, checkSyntax, type SourceFile } from './architecture/checker.ts';
import { ROWS, rulesFor } from './architecture/rules.ts';

const root = join(import.meta.dirname, '..');
const rules = rulesFor(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')));

function sourcesIn(folder: string): SourceFile[] {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .map((name) => `${folder}/${name.replaceAll('\\', '/')}`)
    .filter((path) => /\.[cm]?tsx?$/.test(path))
    .sort()
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));
}

test.each(['src', 'instrument', 'reports', 'cli'])('%s keeps to the architecture', (folder) => {
  const files = sourcesIn(folder);
  // A scan that finds nothing would pass whatever the table says.
  expect(files.length).toBeGreaterThan(0);
  const violations = files.flatMap((file) => checkFile(file, rules));
  expect(violations.map(({ path, line, message }) => `${path}:${line} ${message}`)).toEqual([]);
});

test('examples import the package as users do', () => {
  const violations = sourcesIn('examples').flatMap((file) => [...checkImports(file, rules), ...checkSyntax(file)]);
  expect(violations.map(({ path, line, message }) => `${path}:${line} ${message}`)).toEqual([]);
});

test('no two rows cover the same place', () => {
  const places = ROWS.map((row) => row.from);
  expect(places).toEqual([...new Set(places)]);
});
