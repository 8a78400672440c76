import { describe, expect, test } from 'vitest';
import { type ParsedReport, parseReports } from '../../reports/parse-report.ts';
import { FROM_SOURCE, runDept, runNode } from './child.ts';
import { WorkFolder } from './work-folder.ts';

const PROGRAMS = 'test/e2e/programs';
const TIMEOUT_MS = 90_000;

/** What a finding is, without the process it was made in. */
function findings(text: string): readonly ParsedReport['finding'][] {
  return parseReports(text).map(({ finding }) => finding);
}

/** Runs a program under `rules` and replays its recording under both. */
async function recordAndReplay(program: string, rules: 'dept' | 'linux') {
  using folder = new WorkFolder();
  const [record, report] = [folder.file('run.rec'), folder.file('findings.ndjson')];
  const args = ['run', '--rules', rules, '--record', record, '--report', report, '--quiet', '--', 'node'];
  await runDept([...args, `${PROGRAMS}/${program}`]);
  const live = folder.names.includes('findings.ndjson') ? findings(folder.read('findings.ndjson')) : [];
  const replay = async (under: string) => await runDept(['replay', '--rules', under, '--format', 'ndjson', record]);
  return { live, dept: await replay('dept'), linux: await replay('linux') };
}

describe.concurrent('dept run --record and dept replay', { timeout: TIMEOUT_MS }, () => {
  test.each([
    ['lucky-abba.mjs', 1, ['DEPT001']],
    ['lucky-abba.cjs', 1, ['DEPT001']],
    ['lucky-abba.ts', 1, ['DEPT001']],
    ['timed-abba.mjs', 1, ['DEPT001']],
    ['hanging-abba.mjs', 1, ['DEPT002']],
    ['own-locks.mjs', 1, null],
    ['fixed.mjs', 0, []],
  ] as const)('%s: a replay makes the very findings of the run', async (program, code, codes) => {
    const run = await recordAndReplay(program, 'dept');
    if (codes !== null) expect(run.live.map((finding) => finding.code)).toEqual(codes);
    expect(findings(run.dept.stdout)).toEqual(run.live);
    expect(run.dept.code).toBe(code);
    expect(run.dept.stderr).toMatch(/^dept: \d+ lines replayed, \d+ findings?\.\n$/);
  });

  test.each(['lucky-abba.mjs', 'timed-abba.mjs', 'hanging-abba.mjs'])(
    '%s: what was recorded under one rule set replays under the other',
    async (program) => {
      const [underDept, underLinux] = [await recordAndReplay(program, 'dept'), await recordAndReplay(program, 'linux')];
      const prints = (all: readonly ParsedReport['finding'][]) => all.map(({ fingerprint }) => fingerprint);
      expect(prints(findings(underDept.linux.stdout))).toEqual(prints(underLinux.live));
      expect(prints(findings(underLinux.dept.stdout))).toEqual(prints(underDept.live));
    },
  );

  test('says in its text report of which process it is', async () => {
    using folder = new WorkFolder();
    const ran = await runDept(['run', '--record', folder.file('r'), `${PROGRAMS}/lucky-abba.mjs`]);
    const replayed = await runDept(['replay', folder.file('r')]);
    expect(replayed.stdout).toContain('Command line: node test/e2e/programs/lucky-abba.mjs');
    expect(ran.stderr).toBe(`${replayed.stdout}dept: 1 finding.\n`);
  });

  test('leaves the recording of a killed process readable', async () => {
    using folder = new WorkFolder();
    const register = ['--import', './instrument/register.ts'];
    const ended = await runNode([...FROM_SOURCE, ...register, `${PROGRAMS}/runs-on.mjs`], {
      env: { DEPT_RECORD: folder.file('r'), DEPT_PRINT: '0' },
      onStdout: (_text, kill) => kill('SIGKILL'),
    });
    expect(ended.signal).toBe('SIGKILL');
    const replayed = await runDept(['replay', '--format', 'ndjson', folder.file('r')]);
    expect(findings(replayed.stdout).map(({ code }) => code)).toEqual(['DEPT001']);
  });

  test('never lets two processes share a file', async () => {
    using folder = new WorkFolder();
    const command = ['node', `${PROGRAMS}/one-order.mjs`, 'children'];
    const ended = await runDept(['run', '--record', folder.file('r'), '--', ...command]);
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    expect(folder.names).toEqual(['r', expect.stringMatching(/^r\.\d+$/)]);
    const merged = await runDept(['merge', '--format', 'ndjson', ...folder.names.map((name) => folder.file(name))]);
    expect(merged.code).toBe(1);
    expect(findings(merged.stdout)).toHaveLength(1);
  });

  test('does not overwrite a recording without --force, and says when there was nothing to record', async () => {
    using folder = new WorkFolder();
    const args = ['run', '--record', folder.file('r'), `${PROGRAMS}/lucky-abba.mjs`];
    await runDept([...args, '--quiet']);
    const before = folder.read('r');
    const refused = await runDept(args);
    expect(refused).toMatchObject({ code: 2, stdout: '' });
    expect(refused.stderr).toContain('exists; --force overwrites it.');
    expect(folder.read('r')).toBe(before);
    const forced = ['run', '--force', '--record', folder.file('r'), `${PROGRAMS}/throws.mjs`];
    const nothing = await runDept(forced);
    expect(nothing.code).toBe(1);
    expect(nothing.stderr).toMatch(/\ndept: nothing was recorded: no wait and no event was seen\.\n$/);
    expect(folder.names).toEqual([]);
  });
});

describe.concurrent('dept merge', { timeout: TIMEOUT_MS }, () => {
  async function graphOf(folder: WorkFolder, name: string, ...args: readonly string[]): Promise<string> {
    const program = ['node', `${PROGRAMS}/one-order.mjs`, ...args];
    const ended = await runDept(['run', '--no-fail', '--graph', folder.file(name), '--', ...program]);
    expect(ended.code).toBe(0);
    return folder.file(name);
  }

  test('finds the circle of two runs under the fingerprint it has when one run sees it', async () => {
    using folder = new WorkFolder();
    const place = await graphOf(folder, 'a', 'place');
    const refund = await graphOf(folder, 'b', 'refund');
    const report = folder.file('live');
    await runDept(['run', '--report', report, '--quiet', '--', 'node', `${PROGRAMS}/one-order.mjs`, 'both']);
    const [live] = findings(folder.read('live'));
    const merged = await runDept(['merge', '--format', 'ndjson', place, refund]);
    expect(merged.code).toBe(1);
    expect(merged.stderr).toMatch(/^dept: 2 files with \d+ dependencies, 1 circle that no single one has\.\n$/);
    const [circle, ...others] = findings(merged.stdout);
    expect(others).toEqual([]);
    expect(circle?.fingerprint).toBe(live?.fingerprint);
    const places = (finding: typeof live) =>
      finding?.circle.map(({ context, wait, start }) => [context.name, wait.stack, start.stack]);
    expect(new Set(places(circle))).toEqual(new Set(places(live)));
  });

  test('reports nothing that one run has judged itself, nor circles within one lock', async () => {
    using folder = new WorkFolder();
    const place = await graphOf(folder, 'a', 'place');
    const both = await graphOf(folder, 'b', 'both');
    const gated = [await graphOf(folder, 'c', 'place', 'gated'), await graphOf(folder, 'd', 'refund', 'gated')];
    for (const files of [[place, both], [place, place], gated]) {
      const merged = await runDept(['merge', '--format', 'ndjson', ...files]);
      expect(merged).toMatchObject({ code: 0, stdout: '' });
    }
  });
});
