import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { CHOICES } from '../../instrument/config.ts';
import { ldt } from '../../instrument/hooks/ldt.ts';
import { sdt } from '../../instrument/hooks/sdt.ts';
import { LIBRARY_ADAPTERS } from '../../instrument/libraries/index.ts';
import { FORMAT_NAMES } from '../../reports/formats.ts';
import { DEFAULT_LIMITS } from '../../src/core/limits.ts';
import { VOCABULARY } from '../../src/scenario/vocabulary.ts';
import { DEPT_POLICY } from '../../src/tracker/policy.ts';

function read(path: string): string {
  return readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
}

/** First cells of all tables of a page, without the marks of code. */
function rows(page: string): readonly string[] {
  return [...read(`docs/${page}`).matchAll(/^\| (.+?) \|/gm)].map((match) => (match[1] ?? '').replaceAll('`', ''));
}

test('every variable that is read has its row', () => {
  const variables = [...read('instrument/config.ts').matchAll(/'(DEPT_[A-Z_]+)'/g)].map((match) => match[1]);
  expect(variables.length).toBeGreaterThan(0);
  expect(rows('cli.md')).toEqual(expect.arrayContaining(variables));
});

test('every choice of install() has its row', () => {
  expect(rows('install.md')).toEqual(expect.arrayContaining(Object.keys(CHOICES)));
});

test('every limit has its row', () => {
  expect(rows('limits.md')).toEqual(expect.arrayContaining(Object.keys(DEFAULT_LIMITS)));
});

test('every switch of the rules has its row', () => {
  const switches = Object.keys(DEPT_POLICY).filter((name) => name !== 'rules');
  expect(rows('rules.md')).toEqual(expect.arrayContaining(switches));
});

test('every annotation has its row', () => {
  const names = [...Object.keys(ldt).map((name) => `ldt.${name}`), ...Object.keys(sdt).map((name) => `sdt.${name}`)];
  const documented = rows('annotations.md').map((row) => row.replace(/\(.*/, ''));
  expect(documented).toEqual(expect.arrayContaining(names));
});

test('every format has its row', () => {
  expect(rows('formats.md')).toEqual(expect.arrayContaining([...FORMAT_NAMES]));
});

test('every library has its row', () => {
  expect(rows('libraries.md')).toEqual(expect.arrayContaining(LIBRARY_ADAPTERS.map(({ name }) => name)));
});

test('every operation of a scenario is listed, and no other', () => {
  const cells = [...read('docs/scenarios.md').matchAll(/^\| [A-Z][^|]* \| (`.+`) \|$/gm)].map(
    (match) => match[1] ?? '',
  );
  const verbs = cells.flatMap((cell) => [...cell.matchAll(/`([a-z_]+)`/g)].map((match) => match[1]));
  expect(new Set(verbs)).toEqual(new Set(Object.keys(VOCABULARY)));
});
