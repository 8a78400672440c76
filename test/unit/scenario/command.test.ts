import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { main } from '../../../cli/main.ts';

const folder = mkdtempSync(join(tmpdir(), 'dept-scenario-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const AA = {
  suite: 's',
  name: 'aa',
  objects: { a: { type: 'mutex' } },
  contexts: [{ name: 'T', ops: ['lock a', 'lock a'] }],
};

function file(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return name;
}

async function dept(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  const out: string[] = [];
  const err: string[] = [];
  const io = {
    stdout: { write: (text: string) => out.push(text) },
    stderr: { write: (text: string) => err.push(text) },
    cwd: folder,
  };
  const code = await main(['scenario', ...argv], io);
  return { code, out: out.join(''), err: err.join('') };
}

test('all verdicts as expected: exit code 0', async () => {
  const { code, out, err } = await dept(file('good.json', JSON.stringify([{ ...AA, expect: 'deadlock' }])));
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(out).toContain('lock a <- DEADLOCK');
  expect(out).toContain('1 case, 1 agree, 0 disagree');
});

test('a verdict that is not the expected one: exit code 1', async () => {
  const { code, out } = await dept(file('wrong.json', JSON.stringify({ ...AA, expect: 'ok' })));
  expect(code).toBe(1);
  expect(out).toContain('DISAGREES');
});

test('a case that expects nothing is no disagreement', async () => {
  expect((await dept(file('open.json', JSON.stringify(AA)), '--json')).code).toBe(0);
});

test('--json prints one line a case, over several files', async () => {
  const one = file('one.ndjson', `${JSON.stringify(AA)}\n${JSON.stringify({ ...AA, name: 'again' })}\n`);
  const { out } = await dept(one, file('two.json', JSON.stringify(AA)), '--json');
  const lines = out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(lines.map(({ name, verdict }) => [name, verdict])).toEqual([
    ['aa', 'deadlock'],
    ['again', 'deadlock'],
    ['aa', 'deadlock'],
  ]);
});

test('--only takes cases by a part of suite/name', async () => {
  const both = file('both.json', JSON.stringify([AA, { ...AA, name: 'bb' }]));
  const { out } = await dept(both, '--only', 's/b', '--json');
  expect(out.trim().split('\n')).toHaveLength(1);
  expect(JSON.parse(out)).toMatchObject({ name: 'bb' });
});

test('--detector asks only one, and --rules takes the kernel set', async () => {
  const name = file('detect.json', JSON.stringify(AA));
  const line = JSON.parse((await dept(name, '--detector', 'lockdep', '--rules', 'linux', '--json')).out);
  expect(line).toMatchObject({ verdict: 'deadlock', lockdep: 'deadlock' });
  expect(line.dept).toBeUndefined();
});

test.each([
  ['no file', [], /scenario needs a file of cases/],
  ['a file that is not there', ['nope.json'], /There is no file nope\.json/],
  ['a folder', ['.'], /\. is a folder, not a file/],
  ['an unknown flag', ['x.json', '--fast'], /Unknown option '--fast'/],
  ['an unknown mode', ['x.json', '--mode', 'fast'], /--mode is "fast"; it must be class, instance, explore or graph\./],
  ['an unknown detector', ['x.json', '--detector', 'tsan'], /--detector is "tsan"; it must be dept, lockdep or both\./],
  ['unknown rules', ['x.json', '--rules', 'bsd'], /--rules is "bsd"; it must be dept or linux\./],
  ['a cap that is none', ['x.json', '--cap', '0'], /--cap is "0"; it must be a whole number from 1\./],
])('%s: one message and exit code 2', async (_what, argv, message) => {
  const { code, out, err } = await dept(...argv);
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(err).toMatch(message);
  expect(err.trimEnd()).not.toContain('\n');
});

test('JSON of another kind is no scenario file, and a byte order mark does no harm', async () => {
  const { code, err } = await dept(file('package.json', JSON.stringify({ name: 'shop', version: '1.0.0' })));
  expect(code).toBe(2);
  expect(err).toBe('dept: package.json, case #1 (shop): expected "contexts", an array of contexts\n');
  expect((await dept(file('bom.json', `\uFEFF${JSON.stringify(AA)}`))).code).toBe(0);
});

test('a file that is no scenario file: one message that says where, nothing on stdout', async () => {
  const { code, out, err } = await dept(
    file('bad.json', JSON.stringify([AA, { ...AA, contexts: [{ name: 'T', ops: ['lokc a'] }] }])),
    '--json',
  );
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(err).toMatch(/^dept: bad\.json, case #2 \(aa\), context T, op 0 "lokc a": unknown operation "lokc"/);
});

test('a pattern that no case matches is an error, not an empty success', async () => {
  const { code, err } = await dept(file('none.json', JSON.stringify(AA)), '--only', 'zz');
  expect(code).toBe(2);
  expect(err).toContain('No case of 1 contains "zz"');
});

test('--help tells the options', async () => {
  const { code, out } = await dept('--help');
  expect(code).toBe(0);
  expect(out).toMatch(/Usage: dept scenario FILE\.\.\./);
});
