import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  EXPLAINED_CODES,
  type FindingPage,
  findingPage,
  formatPage,
  formatPageMarkdown,
} from '../../../reports/explain.ts';
import { FINDING_KINDS } from '../../../src/core/finding.ts';
import { expectFile } from './golden.ts';

const docs = join(import.meta.dirname, '../../../docs/findings');

test('every finding code has a page, and no other', () => {
  expect(EXPLAINED_CODES).toEqual(Object.keys(FINDING_KINDS));
  expect(readdirSync(docs).sort()).toEqual(EXPLAINED_CODES.map((code) => `${code}.md`));
});

test.each(EXPLAINED_CODES)('docs/findings/%s.md is the page of dept explain', (code) => {
  expectFile(join(docs, `${code}.md`), formatPageMarkdown(findingPage(code) as FindingPage));
});

test.each(EXPLAINED_CODES)('the page of %s says what, why and what to do, in 80 columns', (code) => {
  const text = formatPage(findingPage(code) as FindingPage);
  expect(text).toMatch(new RegExp(`^${code}: \\S.*\\n\\n\\S[^]*\\n\\nWhy:\\n  \\S[^]*\\n\\nWhat to do:\\n  - \\S`));
  expect(text.split('\n').filter((line) => line.length > 80)).toEqual([]);
  expect(text.endsWith('\n') && !text.endsWith('\n\n')).toBe(true);
});

test('codes are found in lower case too; unknown ones are not', () => {
  expect(findingPage('dept001')?.code).toBe('DEPT001');
  expect(findingPage('DEPT008')).toBeNull();
  expect(findingPage('constructor')).toBeNull();
});
