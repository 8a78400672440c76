import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { LIBRARY_ADAPTERS } from '../../instrument/libraries/index.ts';
import { FROM_SOURCE, ROOT, runDept, runNode } from './child.ts';
import { WorkFolder } from './work-folder.ts';

const PROGRAMS = 'test/e2e/programs';
const TIMEOUT_MS = 60_000;

describe.concurrent('what was not called right is said in one line, with exit code 2', { timeout: TIMEOUT_MS }, () => {
  test.each([
    ['a program that is not there', ['run', 'nothere.mjs'], /^dept: There is no program nothere\.mjs\.\n$/],
    [
      'a command that is not there',
      ['run', '--', 'no-such-command-here'],
      /^dept: Cannot run no-such-command-here: .*\n$/,
    ],
    ['no program', ['run'], /^dept: run needs a program.*\n$/],
    ['a program without a name', ['run', '--', ''], /^dept: run needs a program.*\n$/],
    ['an unknown flag', ['run', '--bogus', 'x.mjs'], /^dept: Unknown option '--bogus'.*\n$/],
    ['a bad value', ['run', '--rules', 'bsd', 'x.mjs'], /^dept: --rules is "bsd"; it must be dept or linux\.\n$/],
    ['a bad format', ['run', '--format', 'x', 'x.mjs'], /^dept: --format is "x"; it must be pretty or dept\.\n$/],
    ['an unknown command', ['bogus'], /^dept: There is no command "bogus".*\n$/],
    [
      'a report in a folder that is not there',
      ['run', '--report', 'nowhere/f', 'vitest.config.ts'],
      /^dept: Cannot write nowhere\/f: there is no folder .*\n$/,
    ],
  ])('%s', async (_what, args, message) => {
    const ended = await runDept(args);
    expect(ended.code).toBe(2);
    expect(ended.stdout).toBe('');
    expect(ended.stderr).toMatch(message);
  });

  test.runIf(existsSync('/dev/full'))('a full disk behind standard output', () => {
    const full = openSync('/dev/full', 'w');
    const args = [...FROM_SOURCE, `${ROOT}/cli/bin.ts`, 'explain', 'DEPT001'];
    const { status, stderr } = spawnSync(process.execPath, args, { stdio: ['ignore', full, 'pipe'], encoding: 'utf8' });
    closeSync(full);
    expect(status).toBe(2);
    expect(stderr).toMatch(/^dept: Cannot write to standard output: ENOSPC.*\n$/);
  });

  test('a bad variable', async () => {
    const ended = await runDept(['run', `${PROGRAMS}/fixed.mjs`], { env: { DEPT_RULES: 'bsd' } });
    expect(ended).toMatchObject({ code: 2, stdout: '' });
    expect(ended.stderr).toBe('dept: DEPT_RULES is "bsd"; it must be dept or linux.\n');
  });

  test.each(['run', 'stall'])('a variable with a slip in its name: dept %s', async (command) => {
    const ended = await runDept([command, `${PROGRAMS}/fixed.mjs`], { env: { DEPT_RULSE: 'linux' } });
    expect(ended).toMatchObject({ code: 2, stdout: '' });
    expect(ended.stderr).toBe('dept: There is no variable DEPT_RULSE; did you mean DEPT_RULES?\n');
  });
});

describe.concurrent('the program goes on', { timeout: TIMEOUT_MS }, () => {
  test('under the preload after a variable with a slip in its name, which is said', async () => {
    const args = [...FROM_SOURCE, '--import', `${ROOT}/instrument/register.ts`, `${PROGRAMS}/fixed.mjs`];
    const ended = await runNode(args, { env: { DEPT_RULSE: 'linux', DEPT_ID: '7' } });
    expect(ended.code).toBe(0);
    expect(ended.stderr).toBe('dept: there is no variable DEPT_RULSE; did you mean DEPT_RULES?\n');
  });

  test('when the report file cannot be written, which is said once', async () => {
    const file = 'no/such/folder/findings.ndjson';
    const env = { DEPT_REPORT: file };
    const ended = await runDept(['run', '--quiet', `${PROGRAMS}/lucky-abba.mjs`], { env });
    expect(ended.stdout).toBe('ended well\n');
    expect(ended.stderr.match(/cannot write findings/g)).toHaveLength(1);
    expect(ended.stderr.split('\n')).toHaveLength(2);
    expect(ended.code).toBe(1);
  });

  test('and its findings file is there though it is empty', async () => {
    using folder = new WorkFolder();
    const report = ['--report', folder.file('f.ndjson')];
    expect((await runDept(['run', ...report, `${PROGRAMS}/fixed.mjs`])).code).toBe(0);
    const shown = await runDept(['show', '--format', 'sarif', folder.file('f.ndjson')]);
    expect(shown.code).toBe(0);
    expect(JSON.parse(shown.stdout).runs[0].results).toEqual([]);
  });

  test('in another folder, and the class graph is written where it was asked for', async () => {
    using folder = new WorkFolder();
    const program = `process.chdir(${JSON.stringify(ROOT)})`;
    const args = [...FROM_SOURCE, '--import', `${ROOT}/instrument/register.ts`, '-e', program];
    const ended = await runNode(args, { cwd: folder.path, env: { DEPT_GRAPH: 'graph.json' } });
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    expect(folder.names).toEqual(['graph.json']);
  });

  test('when nothing in it can be replaced, which is said once', async () => {
    const ended = await runNode([
      '--frozen-intrinsics',
      ...FROM_SOURCE,
      '--import',
      'dept/register',
      `${PROGRAMS}/fixed.mjs`,
    ]);
    expect(ended).toMatchObject({ code: 0, stdout: 'ended well\n' });
    expect(ended.stderr.match(/^dept: this program is not watched: .+$/gm)).toHaveLength(1);
  });

  test('when it only loads the packages that are watched, of which nothing is said', async () => {
    const names = new Set(LIBRARY_ADAPTERS.map(({ name }) => name));
    const ended = await runDept(['run', `${PROGRAMS}/only-imports.mjs`, ...names]);
    expect(ended).toEqual({ code: 0, signal: null, stdout: 'ended well\n', stderr: '' });
  });

  test('when it has as many listeners of its end as it may have: it is not warned', async () => {
    const ended = await runDept(['run', `${PROGRAMS}/many-listeners.mjs`]);
    expect(ended).toEqual({ code: 0, signal: null, stdout: 'ended well\n', stderr: '' });
  });

  test('when what it joins fails: the errors name who awaits them', async () => {
    const bare = await runNode([`${PROGRAMS}/async-stacks.mjs`]);
    expect(bare.stdout).toMatch(/at async Promise\.all \(index 0\)\n.*at async all /);
    expect(await runDept(['run', `${PROGRAMS}/async-stacks.mjs`])).toEqual(bare);
  });

  test('when what it requires cannot be loaded: the stacks are the same', async () => {
    const preloaded = await runNode([
      ...FROM_SOURCE,
      '--import',
      'data:text/javascript,',
      `${PROGRAMS}/load-stacks.cjs`,
    ]);
    expect(preloaded.stdout).toMatch(/Require stack:[\s\S]*load-stacks\.cjs[\s\S]*at once\n.*throws-at-once\.cjs/);
    expect(await runDept(['run', `${PROGRAMS}/load-stacks.cjs`])).toEqual(preloaded);
  });

  test('when it starts workers and children', async () => {
    const ended = await runDept(['run', `${PROGRAMS}/workers-and-children.mjs`]);
    expect(ended).toEqual({ code: 0, signal: null, stdout: 'done 0 done 0 42\n', stderr: '' });
  });

  test.each(['SIGTERM', 'SIGQUIT', 'SIGUSR2'] as const)(
    'when %s comes: it gets it, and its exit code is kept',
    async (signal) => {
      let isSent = false;
      const ended = await runDept(['run', `${PROGRAMS}/prints-signal.mjs`], {
        onStdout: (text, kill) => {
          if (isSent || !text.includes('ready')) return;
          isSent = true;
          kill(signal);
        },
      });
      expect(ended.stdout).toBe(`ready\ngot ${signal}\n`);
      expect(ended.code).toBe(5);
    },
  );
});

describe.concurrent('the preload without the command', { timeout: TIMEOUT_MS }, () => {
  const preload = [...FROM_SOURCE, '--import', 'dept/register'];

  test('reports and leaves the exit code alone', async () => {
    const ended = await runNode([...preload, `${PROGRAMS}/lucky-abba.mjs`]);
    expect(ended.code).toBe(0);
    expect(ended.stderr).toContain('DEPT001');
  });

  test('DEPT_EXIT_CODE answers for findings, but never in place of Node', async () => {
    const env = { DEPT_EXIT_CODE: '7', DEPT_PRINT: '0' };
    const [lucky, hanging] = await Promise.all([
      runNode([...preload, `${PROGRAMS}/lucky-abba.mjs`], { env }),
      runNode([...preload, `${PROGRAMS}/hanging-abba.mjs`], { env }),
    ]);
    expect(lucky.code).toBe(7);
    expect(hanging.code).toBe(13);
  });
});
