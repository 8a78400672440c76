import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { main } from '../../../cli/main.ts';
import { type FindingPage, findingPage, formatPage } from '../../../reports/explain.ts';
import { FORMAT_NAMES, FORMATS } from '../../../reports/formats.ts';
import { formatReportLine, toReportDocument } from '../../../reports/ndjson.ts';
import { SourceFiles } from '../../../reports/source/source-files.ts';
import { formatPretty } from '../../../reports/text/pretty.ts';
import { formatReport } from '../../../reports/text/report.ts';
import { version } from '../../../src/version.ts';
import { abba, bare, SHOP } from '../reports/finding-builder.ts';

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'dept-show-'));
});
afterEach(() => {
  rmSync(cwd, { recursive: true, force: true });
  vi.unstubAllEnvs();
});

const misuse = bare({ code: 'DEPT006', message: 'bad-unlock: orders is not held.' });

function given(name: string, text: string): void {
  writeFileSync(join(cwd, name), text);
}

async function dept(...argv: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const output = { stdout: '', stderr: '' };
  const into = (name: 'stdout' | 'stderr') => ({
    write: (text: string) => {
      output[name] += text;
    },
  });
  const code = await main(argv, { stdout: into('stdout'), stderr: into('stderr'), cwd });
  return { code, ...output };
}

test('show prints the reports as they were printed when they were made', async () => {
  given('f.ndjson', formatReportLine(abba(), SHOP) + formatReportLine(misuse));
  const expected = `${formatReport(abba(), { environment: SHOP })}\n${formatReport(misuse)}`;
  expect(await dept('show', 'f.ndjson')).toEqual({ code: 0, stdout: expected, stderr: '' });
});

test('show --indent 4 prints the older layout', async () => {
  given('f.ndjson', formatReportLine(abba(), SHOP));
  const { stdout } = await dept('show', '--indent', '4', 'f.ndjson');
  expect(stdout).toBe(formatReport(abba(), { environment: SHOP, indent: 4 }));
  expect(stdout).toContain('\n    [S] lock(stock:0)\n');
});

test('show --format json prints one array', async () => {
  given('f.ndjson', formatReportLine(abba(), SHOP) + formatReportLine(misuse));
  const { stdout } = await dept('show', '--format', 'json', 'f.ndjson');
  expect(JSON.parse(stdout)).toEqual([toReportDocument(abba(), SHOP), toReportDocument(misuse)]);
});

test('show --format graph draws the circles', async () => {
  given('f.ndjson', formatReportLine(abba()) + formatReportLine(misuse));
  const { stdout } = await dept('show', '--format', 'graph', 'f.ndjson');
  expect(stdout).toBe(
    [
      'DEPT001 00000000000000ff',
      ' -> stock -> orders -',
      '/                    \\',
      '\\                    /',
      ' --------------------',
      '',
      'DEPT006 00000000000000ff',
      '(no circle)',
      '',
    ].join('\n'),
  );
});

test.each(FORMAT_NAMES)('show --format %s prints what the format makes of the findings', async (name) => {
  vi.stubEnv('FORCE_COLOR', '0');
  given('f.ndjson', formatReportLine(abba(), SHOP) + formatReportLine(misuse));
  const { code, stdout, stderr } = await dept('show', '--format', name, 'f.ndjson');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const source = new SourceFiles(cwd);
  const reports = [
    { finding: abba(), environment: SHOP },
    { finding: misuse, environment: null },
  ];
  expect(stdout).toBe(FORMATS[name].format(reports, { source, toolVersion: version }));
});

test('show colours for a terminal, never a file', async () => {
  vi.stubEnv('FORCE_COLOR', '1');
  given('f.ndjson', formatReportLine(abba()));
  expect((await dept('show', '--format', 'pretty', 'f.ndjson')).stdout).toBe(formatPretty(abba(), { color: true }));
  await dept('show', '--format', 'pretty', 'f.ndjson', '--out', 'report.txt');
  expect(readFileSync(join(cwd, 'report.txt'), 'utf8')).toBe(formatPretty(abba()));
});

test('show --out never overwrites without --force', async () => {
  given('f.ndjson', formatReportLine(abba()));
  expect(await dept('show', 'f.ndjson', '--out', 'report.txt')).toEqual({ code: 0, stdout: '', stderr: '' });
  given('report.txt', 'mine');
  expect(await dept('show', 'f.ndjson', '--out', 'report.txt')).toEqual({
    code: 2,
    stdout: '',
    stderr: 'dept: report.txt exists; --force overwrites it.\n',
  });
  expect(readFileSync(join(cwd, 'report.txt'), 'utf8')).toBe('mine');
  expect((await dept('show', 'f.ndjson', '--out', 'report.txt', '--force')).code).toBe(0);
  expect(readFileSync(join(cwd, 'report.txt'), 'utf8')).toBe(formatReport(abba()));
});

test('show --format html makes one page of the findings, the class graph and its statistics', async () => {
  given('f.ndjson', formatReportLine(abba(), SHOP));
  const label = { name: 'mail:0', kind: 'mutex', site: null };
  const counts = { waits: 4321, contended: 0, timedOut: 0, cancelled: 0, open: 0 };
  const times = { totalTicks: 0, maxTicks: 0, totalMs: null, maxMs: null };
  const value = { statistics: [{ ...label, ...counts, ...times }] };
  const options = { directed: true, multigraph: false, compound: false };
  given('g.json', JSON.stringify({ options, nodes: [{ v: 'c0', value: label }], edges: [], value }));
  const { code, stdout } = await dept('show', '--format', 'html', '--graph', 'g.json', 'f.ndjson');
  expect(code).toBe(0);
  expect(stdout).toMatch(/^<!doctype html>\n/);
  expect(stdout).toContain('<td class="number">4321</td>');
  given('g.json', '[]');
  expect(await dept('show', '--format', 'html', '--graph', 'g.json', 'f.ndjson')).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(
      /^dept: g\.json: This is not a class graph: it has no lists of nodes and edges\. .*\.\n$/,
    ),
  });
});

test('show of a file without findings says so', async () => {
  given('f.ndjson', '\n');
  expect(await dept('show', 'f.ndjson')).toEqual({
    code: 0,
    stdout: '',
    stderr: 'dept: f.ndjson holds no findings.\n',
  });
});

test('show refuses a broken line by file and number, prints nothing and writes nothing', async () => {
  given('f.ndjson', `${formatReportLine(abba())}{"schemaVersion":1,"code":"DEPT`);
  const { code, stdout, stderr } = await dept('show', 'f.ndjson', '--out', 'report.txt');
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toMatch(/^dept: f\.ndjson, line 2: it is not JSON \(.*\); each line must be one finding .*\n$/);
  expect(existsSync(join(cwd, 'report.txt'))).toBe(false);
});

test.each([
  [['show'], 'show needs a file of findings, for example: dept show findings.ndjson'],
  [['show', 'a', 'b'], 'show takes one file; b is too much.'],
  [
    ['show', 'f.ndjson', '--format', 'xml'],
    `--format is "xml"; it must be ${FORMAT_NAMES.slice(0, -1).join(', ')} or ${FORMAT_NAMES.at(-1)}.`,
  ],
  [['show', 'f.ndjson', '--indent', '5'], '--indent is "5"; it must be 3 or 4.'],
  [['show', 'f.ndjson', '--graph', 'g.json'], '--graph is for the page of --format html; dept does not show it.'],
  [['explain'], 'explain needs a code: DEPT001, DEPT002, DEPT003, DEPT004, DEPT005, DEPT006, DEPT009.'],
  [['explain', 'DEPT001', 'x'], 'explain takes one code; x is too much.'],
])('dept %j is a usage error', async (argv, message) => {
  expect(await dept(...argv)).toEqual({ code: 2, stdout: '', stderr: `dept: ${message}\n` });
});

test.each([
  [['show', 'no-such-file'], /^dept: There is no file no-such-file\.\n$/],
  [['show', '.'], /^dept: \. is a folder, not a file\.\n$/],
  [['show', 'f.ndjson', '--bogus'], /^dept: Unknown option '--bogus'.*\n$/],
  [['explain', 'DEPT777'], /^dept: There is no finding code "DEPT777"; there are DEPT001, .*\n$/],
])('dept %j fails with one message', async (argv, message) => {
  const { code, stdout, stderr } = await dept(...argv);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toMatch(message);
});

test('explain prints the page of a code', async () => {
  const page = findingPage('DEPT003') as FindingPage;
  expect(await dept('explain', 'dept003')).toEqual({ code: 0, stdout: formatPage(page), stderr: '' });
});

test('explain --help lists the codes with their titles', async () => {
  const { code, stdout } = await dept('explain', '--help');
  expect(code).toBe(0);
  expect(stdout).toContain(`  DEPT001   ${findingPage('DEPT001')?.title}\n`);
  expect((await dept('show', '-h')).stdout).toContain('Usage: dept show');
});
