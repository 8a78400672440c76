import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatReportLine, toReportDocument } from '../../../reports/ndjson.ts';
import { parseReportLine, parseReports } from '../../../reports/parse-report.ts';
import { drawClassGraph } from '../../../reports/text/class-graph.ts';
import { formatReport } from '../../../reports/text/report.ts';
import { DeptError } from '../../../src/core/dept-error.ts';
import { arbitraryFinding } from './arbitrary-finding.ts';
import { abba, SHOP } from './finding-builder.ts';

test('a line says who waits where for what', () => {
  const line = toReportDocument(abba());
  expect(line).toMatchObject({
    schemaVersion: 1,
    code: 'DEPT001',
    kind: 'circular',
    severity: 'error',
    rules: 'dept',
    classes: [
      { name: 'stock:0', site: null },
      { name: 'orders:0', site: null },
    ],
    contexts: [
      {
        name: 'refundOrder',
        S: { label: 'lock', class: 'stock:0', site: 'src/refunds.ts:30:18' },
        W: { label: 'lock', class: 'orders:0', site: 'src/refunds.ts:33:18' },
        E: { label: 'unlock', class: 'stock:0', site: null, stack: [] },
      },
      { name: 'placeOrder', W: { site: 'src/orders.ts:14:20' } },
    ],
    dependencies: [
      { from: 'stock:0', to: 'orders:0', rule: 'wait', timed: false },
      { from: 'orders:0', to: 'stock:0', rule: 'wait', timed: false },
    ],
  });
  expect(line.contexts[1]?.W.stack[0]).toEqual({
    function: 'Mutex.acquire',
    file: 'node_modules/locks/index.js',
    line: 8,
    column: 3,
  });
});

test('a line reads back into a finding that prints the same', () => {
  fc.assert(
    fc.property(arbitraryFinding, fc.constantFrom(3 as const, 4 as const), (finding, indent) => {
      const line = formatReportLine(finding, SHOP);
      expect(line.indexOf('\n')).toBe(line.length - 1);
      const read = parseReportLine(line);
      expect(read.environment).toEqual(SHOP);
      const options = { environment: SHOP, indent };
      expect(formatReport(read.finding, options)).toBe(formatReport(finding, options));
      expect(drawClassGraph(read.finding.circle)).toBe(drawClassGraph(finding.circle));
      expect(formatReportLine(read.finding, read.environment)).toBe(line);
    }),
    { numRuns: 500, seed: 20251205 },
  );
});

test('a file of several lines, with empty ones and a byte order mark', () => {
  const text = `\uFEFF${formatReportLine(abba())}\r\n\n${formatReportLine(abba({ message: 'second' }))}`;
  expect(parseReports(text).map(({ finding }) => finding.message)).toEqual([abba().message, 'second']);
  expect(parseReports('')).toEqual([]);
});

test('unknown fields are ignored', () => {
  const line = { ...toReportDocument(abba()), addedLater: { deep: true } };
  expect(parseReportLine(JSON.stringify(line)).finding.code).toBe('DEPT001');
});

type Json = Record<string, unknown>;

/** A line with one field, given by its path, replaced. */
function broken(path: string, value: unknown): string {
  const line = JSON.parse(formatReportLine(abba())) as Json;
  const names = path.split('.');
  const last = names.pop() ?? '';
  const parent = names.reduce<Json>((object, name) => object[name] as Json, line);
  if (value === undefined) delete parent[last];
  else parent[last] = value;
  return JSON.stringify(line);
}

test.each([
  ['not JSON', '{"code":', /^line 7: it is not JSON \(.+\); each line must be one finding/],
  ['no object', '[1]', /^line 7: the whole line is an array of 1, expected an object;/],
  ['a newer version', broken('schemaVersion', 2), /^line 7: it has schemaVersion 2, this dept reads up to 1/],
  ['an unknown code', broken('code', 'DEPT999'), /^line 7: code is "DEPT999", expected one of DEPT001, /],
  ['a kind of another code', broken('kind', 'leak'), /^line 7: kind is "leak", expected one of circular;/],
  ['a missing field', broken('message', undefined), /^line 7: message is missing, expected a string;/],
  [
    'a label that is a number',
    broken('contexts.1.W.label', 3),
    /^line 7: contexts\[1\]\.W\.label is 3, expected a string;/,
  ],
  [
    'a stack that is none',
    broken('contexts.0.S.stack', null),
    /^line 7: contexts\[0\]\.S\.stack is null, expected an array;/,
  ],
  [
    'a negative line',
    broken('contexts.0.S.stack.0.line', -1),
    /S\.stack\[0\]\.line is -1, expected a whole number from 0;/,
  ],
  [
    'a class that does not exist',
    broken('dependencies.0.toClass', 9),
    /^line 7: dependencies\[0\]\.toClass is 9, expected the index of one of the 2 classes;/,
  ],
  [
    'a class under another name',
    broken('dependencies.0.to', 'x:0'),
    /^line 7: dependencies\[0\]\.to is "x:0", expected orders:0,/,
  ],
  [
    'a place in no class',
    broken('contexts.0.E.class', 'x:0'),
    /^line 7: contexts\[0\]\.E\.class is "x:0", expected the name of one of the classes;/,
  ],
  [
    'too few dependencies',
    broken('dependencies', []),
    /^line 7: dependencies is an array of 0, expected one dependency for each of the 2 contexts;/,
  ],
  [
    'a sub-class that differs from the name',
    broken('classes.0.sub', 1),
    /^line 7: classes\[0\]\.name is "stock:0", expected a name that ends with its sub-class, :1;/,
  ],
])('a line with %s is refused by its number', (_what, text, message) => {
  let thrown: unknown;
  try {
    parseReportLine(text, 7);
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(DeptError);
  expect((thrown as DeptError).code).toBe('ERR_DEPT_BAD_REPORT');
  expect((thrown as DeptError).message).toMatch(message);
});
