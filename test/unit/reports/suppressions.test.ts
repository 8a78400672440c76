import { expect, test } from 'vitest';
import {
  addSuppressions,
  formatSuppressions,
  parseSuppressions,
  suppressionTest,
} from '../../../reports/suppressions.ts';
import { abba } from './finding-builder.ts';

const ENTRY = { fingerprint: '0123456789abcdef', reason: 'one writer only' };

function file(...suppressions: readonly unknown[]): string {
  return JSON.stringify({ version: 1, suppressions });
}

test('what is written reads back, in order of fingerprint', () => {
  const later = { fingerprint: 'ffffffffffffffff', code: 'DEPT001', reason: 'r', message: 'm' };
  const text = formatSuppressions([later, ENTRY]);
  expect(parseSuppressions(text)).toEqual([ENTRY, later]);
  expect(text.endsWith('}\n')).toBe(true);
  expect(parseSuppressions(`\uFEFF${text}`)).toHaveLength(2);
});

test.each([
  ['{', 'not JSON'],
  ['[]', 'no list of suppressions'],
  ['{"version":1}', 'no list of suppressions'],
  ['{"version":2,"suppressions":[]}', 'its version is 2'],
  [file(7), 'suppressions[0] is no object'],
  [file({ reason: 'r' }), 'suppressions[0].fingerprint is missing'],
  [file(ENTRY, { ...ENTRY, fingerprint: 'XYZ' }), 'suppressions[1].fingerprint is "XYZ", expected 16 hex digits'],
  [file({ fingerprint: ENTRY.fingerprint }), 'suppressions[0] (0123456789abcdef) has no reason'],
  [file({ ...ENTRY, reason: '  ' }), 'has no reason'],
  [file(ENTRY, ENTRY), 'suppressions[1] has the fingerprint 0123456789abcdef of an earlier one'],
])('%s is refused: %s', (text, problem) => {
  const expected = { code: 'ERR_DEPT_BAD_SUPPRESSIONS', message: expect.stringContaining(problem) };
  expect(() => parseSuppressions(text)).toThrow(expect.objectContaining(expected));
});

test('adding keeps the reasons that are there, and needs one of its own', () => {
  const finding = abba();
  const known = [{ fingerprint: finding.fingerprint, reason: 'looked at in review' }];
  expect(addSuppressions(known, [finding], 'all at once')).toEqual(known);
  expect(addSuppressions([], [finding, finding], 'all at once')).toEqual([
    { fingerprint: finding.fingerprint, code: 'DEPT001', reason: 'all at once', message: finding.message },
  ]);
  expect(() => addSuppressions([], [finding], ' ')).toThrow(
    expect.objectContaining({ code: 'ERR_DEPT_BAD_SUPPRESSIONS' }),
  );
});

test('a finding is told by its fingerprint alone', () => {
  const finding = abba();
  expect(suppressionTest([{ fingerprint: finding.fingerprint, reason: 'r' }])(finding)).toBe(true);
  expect(suppressionTest([ENTRY])(finding)).toBe(false);
  expect(() => suppressionTest([{ ...ENTRY, reason: '' }])).toThrow('has no reason');
});
