import { writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseSuppressions } from '../../reports/suppressions.ts';
import { ROOT, runDept } from './child.ts';
import { WorkFolder } from './work-folder.ts';

const ABBA = `${ROOT}/test/e2e/programs/lucky-abba.mjs`;
const ONE_ORDER = `${ROOT}/test/e2e/programs/one-order.mjs`;
const OTHER = { fingerprint: '00000000000000aa', reason: 'of another program' };
const TIMEOUT_MS = 60_000;

describe.concurrent('suppressions', { timeout: TIMEOUT_MS }, () => {
  test('a run writes the baseline, later runs fail on what is not in it', async () => {
    using folder = new WorkFolder();
    const run = async (...args: readonly string[]) => await runDept(['run', ...args], { cwd: folder.path });
    const first = await run('--suppress-all', 'from before we looked', ABBA);
    expect(first.code).toBe(0);
    expect(first.stderr).toContain('DEPT001 error');
    expect(first.stderr.endsWith('dept: 1 finding.\ndept: 1 suppression added to dept-suppressions.json.\n')).toBe(
      true,
    );
    const written = folder.read('dept-suppressions.json');
    const [known] = parseSuppressions(written);
    expect(known).toMatchObject({ code: 'DEPT001', reason: 'from before we looked' });
    expect(first.stderr).toContain(known?.fingerprint);
    expect(await run('--baseline', ABBA)).toEqual({
      code: 0,
      signal: null,
      stdout: 'ended well\n',
      stderr: 'dept: no new finding, 1 suppressed.\n',
    });
    const other = await run('--baseline', 'dept-suppressions.json', '--', 'node', ONE_ORDER, 'both');
    expect(other.code).toBe(1);
    expect(other.stderr).toMatch(/\ndept: 1 finding\.\n$/);
    expect((await run('--suppress-all', 'another reason', '--quiet', ABBA)).code).toBe(0);
    expect(folder.read('dept-suppressions.json')).toBe(written);
  });

  test('counts what is suppressed in processes below, and keeps it out of their findings files', async () => {
    using folder = new WorkFolder();
    const program = [
      '--',
      'node',
      '-e',
      `require('node:child_process').execFileSync('node', ['${ONE_ORDER}', 'both'])`,
    ];
    const suppress = ['run', '--suppress-all', 'known', '--baseline=b.json', '--quiet'];
    expect((await runDept([...suppress, ...program], { cwd: folder.path })).code).toBe(0);
    const args = ['run', '--baseline', 'b.json', '--report', folder.file('r'), ...program];
    const again = await runDept(args, { cwd: folder.path });
    expect(again).toMatchObject({ code: 0, stderr: 'dept: no new finding, 1 suppressed.\n' });
    expect(folder.names).toEqual(['b.json', 'r']);
    expect(folder.read('r')).toBe('');
  });

  test('--prune drops what was not found, unless the program failed', async () => {
    using folder = new WorkFolder();
    const file = folder.file('b.json');
    const stale = `${JSON.stringify({ version: 1, suppressions: [OTHER] }, null, 2)}\n`;
    writeFileSync(file, stale);
    const failing = `${ROOT}/test/e2e/programs/exits-with-3.mjs`;
    const failed = await runDept(['run', '--quiet', '--baseline', file, '--prune', failing]);
    expect(failed.code).toBe(3);
    expect(folder.read('b.json')).toBe(stale);
    const pruned = await runDept(['run', '--suppress-all', 'known', '--baseline', file, '--prune', ABBA]);
    expect(pruned.stderr).toContain(`1 suppression added to ${file}.`);
    expect(pruned.stderr).toContain(`1 stale suppression dropped from ${file}.`);
    expect(parseSuppressions(folder.read('b.json')).map(({ reason }) => reason)).toEqual(['known']);
  });

  test('dept baseline makes the file from recorded findings', async () => {
    using folder = new WorkFolder();
    await runDept(['run', '--quiet', '--report', folder.file('found'), ABBA]);
    writeFileSync(folder.file('dept-suppressions.json'), JSON.stringify({ version: 1, suppressions: [OTHER] }));
    const baseline = async (...args: readonly string[]) => await runDept(['baseline', ...args], { cwd: folder.path });
    expect(await baseline('found')).toMatchObject({ code: 2, stderr: expect.stringContaining('--reason') });
    expect(await baseline('--reason', ' ', 'found')).toMatchObject({ code: 2 });
    const added = await baseline('--reason', 'known', 'found');
    expect(added).toMatchObject({ code: 0, stdout: '1 suppression added to dept-suppressions.json.\n' });
    const pruned = await baseline('--prune', 'found');
    expect(pruned).toMatchObject({ code: 0, stdout: '1 stale suppression dropped from dept-suppressions.json.\n' });
    expect(parseSuppressions(folder.read('dept-suppressions.json'))).toMatchObject([
      { code: 'DEPT001', reason: 'known' },
    ]);
  });

  test.each([
    ['{"version":1,"suppressions":[{"fingerprint":"00000000000000aa"}]}', 'has no reason'],
    ['not json', 'it is not JSON'],
  ])('a file that is not right ends the run before the program starts: %s', async (text, problem) => {
    using folder = new WorkFolder();
    writeFileSync(folder.file('b.json'), text);
    const refused = await runDept(['run', '--baseline', folder.file('b.json'), ABBA]);
    expect(refused).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(problem) });
    const register = await runDept(['run', ABBA], { env: { DEPT_SUPPRESSIONS: folder.file('b.json') } });
    expect(register).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(problem) });
  });

  test.each([
    [['--baseline', 'none.json'], 'There is no none.json'],
    [['--prune'], '--prune needs --baseline'],
    [['--suppress-all', ''], 'needs a reason'],
  ])('%j is refused', async (args, problem) => {
    const refused = await runDept(['run', ...args, ABBA]);
    expect(refused).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(problem) });
  });
});
