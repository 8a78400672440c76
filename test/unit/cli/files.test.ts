import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { main } from '../../../cli/main.ts';
import { planRun } from '../../../cli/run-plan.ts';
import { formatReportLine } from '../../../reports/ndjson.ts';
import { abba } from '../reports/finding-builder.ts';

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'dept-files-'));
});
afterEach(() => {
  rmSync(cwd, { recursive: true, force: true });
});

const OTHER = '{"name":"shop"}\n';

function given(name: string, text: string): void {
  writeFileSync(join(cwd, name), text);
}

function contentOf(name: string): string {
  return readFileSync(join(cwd, name), 'utf8');
}

function graphText(node: object, edge: object): string {
  const options = { directed: true, multigraph: false, compound: false };
  const edges = [{ v: 'c0', w: 'c0', value: edge }];
  return JSON.stringify({ options, nodes: [{ v: 'c0', value: node }], edges });
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

/** What a run would be started with; nothing is run. */
function planOf(...argv: readonly string[]): ReturnType<typeof planRun> {
  const nowhere = { write: () => undefined };
  return planRun([...argv, '--', 'true'], { stdout: nowhere, stderr: nowhere, cwd });
}

test.each([
  ['a folder', '.', [], 'Cannot write .: it is a folder.'],
  ['a folder that is not there', 'no/f', [], /^Cannot write no\/f: there is no folder .*no\.$/],
  ['a name of nothing', '', [], 'A file to write has an empty name.'],
])('%s is no file to write, whatever for', (_what, name, more, message) => {
  for (const flag of ['--report', '--graph', '--record']) {
    expect(() => planOf(flag, name, ...more)).toThrow(message);
    expect(() => planOf('--force', flag, name)).toThrow(message);
  }
});

test('a baseline that cannot be written costs no run', () => {
  const message = /^Cannot write no\/s\.json: there is no folder .*no\.$/;
  expect(() => planOf('--suppress-all', 'known', '--baseline', 'no/s.json')).toThrow(message);
  given('s.json', '{"version":1,"suppressions":[]}');
  expect(planOf('--prune', '--baseline', 's.json')?.prune).toBe(true);
});

test('findings are appended to findings only', () => {
  given('package.json', OTHER);
  expect(() => planOf('--report', 'package.json')).toThrow(
    'package.json exists and is no file of findings; nothing is appended to it.',
  );
  given('findings.ndjson', formatReportLine(abba()));
  given('empty', '');
  for (const name of ['findings.ndjson', 'empty', 'new']) {
    expect(planOf('--report', name)?.env['DEPT_REPORT']).toBe(join(cwd, name));
  }
  expect(contentOf('package.json')).toBe(OTHER);
});

test('--force overwrites files, and takes nothing else away', () => {
  given('r', OTHER);
  expect(() => planOf('--record', 'r')).toThrow('r exists; --force overwrites it.');
  expect(contentOf('r')).toBe(OTHER);
  expect(planOf('--force', '--record', 'r')?.record).toBe(join(cwd, 'r'));
  expect(existsSync(join(cwd, 'r'))).toBe(false);
  expect(() => planOf('--force', '--graph', '/dev/null')).toThrow(
    '/dev/null is no regular file; it is not overwritten.',
  );
});

test.each([
  ['no JSON', 'nodes', /^dept: g: This is not a class graph: it is not JSON \(.*\)\. A class graph is .*\.\n$/],
  ['another object', OTHER, /^dept: g: This is not a class graph: it has no lists of nodes and edges\. .*\.\n$/],
  ['rows that are none', '{"nodes":[null],"edges":[7]}', /^dept: g: This is not a class graph: .*\.\n$/],
  [
    'a node of no kind',
    graphText({ name: 'a:0', kind: 7 }, {}),
    /^dept: g: This is not a class graph: its node c0 .*\n$/,
  ],
  [
    'an edge without frames',
    graphText({ name: 'a:0' }, { wait: { label: null } }),
    /^dept: g: This is not a class graph: its edge from c0 to c0 .*\n$/,
  ],
])('%s is no class graph', async (_what, text, message) => {
  given('g', text);
  given('f.ndjson', formatReportLine(abba()));
  for (const argv of [
    ['merge', 'g', 'g'],
    ['show', '--format', 'html', '--graph', 'g', 'f.ndjson'],
  ]) {
    const { code, stdout, stderr } = await dept(...argv);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(message);
  }
});

test('a file of bytes says so in one line that no terminal takes for a command', async () => {
  given('bytes', '\u001b[31m\u0007{');
  for (const argv of [
    ['show', 'bytes'],
    ['replay', 'bytes'],
    ['merge', 'bytes', 'bytes'],
    ['scenario', 'bytes'],
    ['baseline', '--reason', 'known', 'bytes'],
  ]) {
    const { code, stderr } = await dept(...argv);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^dept: bytes\P{Cc}*\n$/u);
  }
});

test('a byte order mark, as editors of Windows write it, is no part of a file', async () => {
  const graph = '{"options":{"directed":true},"nodes":[],"edges":[]}';
  given('g.json', `\uFEFF${graph}`);
  given('r', '\uFEFF{"dept":"recording","version":1,"limits":{},"about":null}\r\n');
  expect((await dept('merge', 'g.json', 'r')).code).toBe(0);
  expect((await dept('replay', 'r')).code).toBe(0);
});

test('a file of suppressions keeps what dept knows nothing of, where it is and what it was linked to', async () => {
  const entry = { fingerprint: '00000000000000aa', reason: 'known', ticket: 'SHOP-1' };
  mkdirSync(join(cwd, 'shared'));
  given('shared/s.json', JSON.stringify({ $schema: './s.schema.json', version: 1, suppressions: [entry] }));
  symlinkSync(join('shared', 's.json'), join(cwd, 's.json'));
  given('f.ndjson', formatReportLine(abba()));
  const { code, stdout } = await dept('baseline', '--reason', 'looked at', '--baseline', 's.json', 'f.ndjson');
  expect({ code, stdout }).toEqual({ code: 0, stdout: '1 suppression added to s.json.\n' });
  const written = JSON.parse(contentOf('shared/s.json'));
  expect(written).toMatchObject({ $schema: './s.schema.json', version: 1 });
  expect(written.suppressions).toContainEqual(entry);
  expect(written.suppressions).toHaveLength(2);
  expect(lstatSync(join(cwd, 's.json')).isSymbolicLink()).toBe(true);
  expect(readdirSync(join(cwd, 'shared'))).toEqual(['s.json']);
});

test('a folder for temporary files that is none is said in one line', async () => {
  given('file', '');
  vi.stubEnv('TMPDIR', join(cwd, 'file'));
  const { code, stderr } = await dept('run', '--', 'true');
  vi.unstubAllEnvs();
  expect(code).toBe(2);
  expect(stderr).toMatch(/^dept: Cannot make a temporary folder in .*file: .*\.\n$/);
});

test('there must be something to prune', async () => {
  given('f.ndjson', formatReportLine(abba()));
  expect(await dept('baseline', '--prune', '--baseline', 'no.json', 'f.ndjson')).toEqual({
    code: 2,
    stdout: '',
    stderr: 'dept: There is no no.json to prune.\n',
  });
});

test('dept help COMMAND is dept COMMAND --help, and an unknown option is told where the options are', async () => {
  const asked = await dept('show', '--help');
  expect(await dept('help', 'show')).toEqual(asked);
  expect((await dept('show', '--bogus')).stderr).toBe(
    "dept: Unknown option '--bogus'. dept show --help lists the options.\n",
  );
  expect((await dept('run', 'app.js', '--port', '1')).stderr).toBe(
    "dept: Unknown option '--port'. dept run --help lists the options. Options of the program itself go after --.\n",
  );
  const { code, stdout, stderr } = await dept();
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain('Usage: dept COMMAND');
});

test.each([
  ['--graph', 'same', '--record', 'same'],
  ['--report', 'same', '--record', './same'],
  ['--report', 'same.json', '--suppress-all', 'why', '--baseline', 'same.json'],
])('one file for two things is refused: %s %s %s %s', async (...argv) => {
  const { code, stderr } = await dept('run', ...argv, '--', 'true');
  expect({ code, stderr }).toEqual({
    code: 2,
    stderr: expect.stringContaining('is named for two things; each needs a file of its own.'),
  });
});

test('an option that takes one value is refused when it is given twice', async () => {
  const { code, stderr } = await dept('run', '--report', 'a', '--report', 'b', '--', 'true', '--report', 'c');
  expect({ code, stderr }).toEqual({ code: 2, stderr: 'dept: --report is given twice; it takes one value.\n' });
  expect(existsSync(join(cwd, 'b'))).toBe(false);
  expect(planOf('--quiet', '--quiet')?.quiet).toBe(true);
});

test.each([
  [['run', '--report', '--', 'true'], '--report'],
  [['run', '--rules'], '--rules'],
  [['stall', '--after', '-5', '--', 'true'], '--after'],
])('an option without its value: %j', async (argv, option) => {
  const { code, stderr } = await dept(...argv);
  const advice = `one that begins with a dash is written ${option}=-VALUE.`;
  expect({ code, stderr }).toEqual({ code: 2, stderr: `dept: ${option} needs a value; ${advice}\n` });
});

test('show never writes over what it reads', async () => {
  given('f.ndjson', formatReportLine(abba()));
  symlinkSync('f.ndjson', join(cwd, 'link'));
  for (const out of ['f.ndjson', 'link']) {
    const { code, stderr } = await dept('show', '--force', '--out', out, 'f.ndjson');
    const stated = `dept: --out is ${out}, which is also read; write to another file.\n`;
    expect({ code, stderr }).toEqual({ code: 2, stderr: stated });
  }
  expect(contentOf('f.ndjson')).toBe(formatReportLine(abba()));
});

test.each(['show', 'replay', 'scenario'])('%s of a file without a name', async (command) => {
  expect(await dept(command, '')).toMatchObject({ code: 2, stderr: 'dept: A file to read has an empty name.\n' });
});
