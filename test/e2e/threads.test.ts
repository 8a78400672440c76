import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runNode } from './child.ts';
import { FindingsFile } from './findings-file.ts';
import { Project } from './project.ts';

const TIMEOUT_MS = 180_000;
const CHILD_TIMEOUT_MS = 60_000;
const PRELOAD = ['--import', 'dept/register'];
const hasLocks = Number(process.versions.node.split('.')[0]) >= 24;

let project: Project;
beforeAll(async () => {
  const names = [
    'orders-in-threads',
    'workers-and-children',
    'orders-in-children',
    'stalled-worker',
    'memo-cycle',
    'threads-that-wait',
    'outside-answers',
  ];
  project = await Project.create(names.map((name) => `${name}.mjs`));
}, TIMEOUT_MS);
afterAll(() => project[Symbol.dispose]());

/** Runs a program of the project with the published form of dept, which workers can load on every Node. */
async function run(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  using findings = new FindingsFile();
  const ended = await runNode([...PRELOAD, ...args], {
    cwd: project.folder,
    env: { DEPT_REPORT: findings.path, ...env },
    timeoutMs: CHILD_TIMEOUT_MS,
  });
  return { ...ended, lines: findings.read() };
}

describe.concurrent('threads of a process', { timeout: TIMEOUT_MS }, () => {
  test('the circle that two threads make together is reported by the main thread', async () => {
    const { code, stdout, stderr, lines } = await run(['src/orders-in-threads.mjs'], { DEPT_EXIT_CODE: '9' });
    expect(stdout).toBe('ended well 0 0\n');
    expect(lines.map((line) => line.code)).toEqual(['DEPT001']);
    expect(lines[0]?.classes.map(({ name }) => name).sort()).toEqual(['ledger:0', 'stock:0']);
    expect(lines[0]?.contexts.map(({ name }) => name).sort()).toEqual(['placeOrder', 'refundOrder']);
    expect(stderr).toContain('*** DEADLOCK ***');
    expect(code).toBe(9);
  });

  test('what both workers find is told once, and counts for the process', async () => {
    const { code, stdout, stderr, lines } = await run(['src/orders-in-threads.mjs', 'both'], { DEPT_EXIT_CODE: '9' });
    expect(stdout).toBe('ended well 0 0\n');
    expect(lines.map((line) => line.code)).toEqual(['DEPT001']);
    expect(lines[0]?.environment?.process[0]).toMatch(/Comm: \S+ \(worker \d\) Node\.js/);
    expect(stderr.match(/\*\*\* DEADLOCK \*\*\*/g)).toHaveLength(1);
    expect(code).toBe(9);
  });

  test('a worker that ends stalled says why, read from its own heap', async () => {
    const { stdout, lines } = await run(['src/stalled-worker.mjs'], {
      DEPT_PRINT: '0',
      DEPT_STALL_BUDGET_MS: '40000',
    });
    expect(stdout).toBe('13\n');
    expect(lines.map((line) => line.code)).toEqual(['DEPT002']);
    expect(lines[0]?.contexts.map(({ name }) => name).sort()).toEqual(['loadOrg', 'loadTeam', 'loadUser']);
  });

  test('a main thread and a worker that wait for each other are told of while they hang', async () => {
    const { stdout, lines } = await run(['src/threads-that-wait.mjs', 'message'], { DEPT_PRINT: '0' });
    expect(stdout.replaceAll(/worker \d/g, 'the worker')).toMatch(
      /^DEPT002 (?:askPrice|nextName) \(.*\) waits for a message of the .*, and .* waits for a message of the .*: none of them can go on\.\n$/,
    );
    expect(lines.map((line) => line.code)).toEqual(['DEPT002']);
    expect(lines[0]?.contexts.map(({ name }) => name).sort()).toEqual([
      'askPrice (main thread)',
      expect.stringMatching(/^nextName \(worker \d\)$/),
    ]);
  });

  test('so is a worker that blocks until the main thread has its answer', async () => {
    const { stdout } = await run(['src/threads-that-wait.mjs', 'memory'], { DEPT_PRINT: '0' });
    expect(stdout).toMatch(/^DEPT002 .*\(worker \d\) waits for a notification of Int32Array\[0\]/);
  });

  test.skipIf(!hasLocks)('so is one that needs a lock to answer', async () => {
    const { stdout } = await run(['src/threads-that-wait.mjs', 'lock'], { DEPT_PRINT: '0' });
    expect(stdout).toMatch(/^DEPT002 .*\(worker \d\) waits for the lock prices/);
  });

  test('threads that only wait for long are not', async () => {
    const ended = await run(['src/threads-that-wait.mjs', 'later', 'works']);
    expect(ended).toMatchObject({ code: 0, stdout: 'prices 42 42\n', stderr: '', lines: [] });
  });

  test('who is stuck until the parent or the main thread has said something waits for that', async () => {
    const ended = await run(['src/outside-answers.mjs', 'above']);
    expect(ended).toMatchObject({ code: 0, stdout: 'heard\n', stderr: '', lines: [] });
  });

  test('a program with workers and children goes on as ever', async () => {
    const ended = await run(['src/workers-and-children.mjs']);
    expect(ended).toMatchObject({ code: 0, stdout: 'done 0 done 0 42\n', stderr: '', lines: [] });
  });
});

test('children append to the file of the process, wherever they run', { timeout: TIMEOUT_MS }, async () => {
  const report = 'findings.ndjson';
  const args = [...PRELOAD, 'src/orders-in-children.mjs'];
  const ended = await runNode(args, { cwd: project.folder, env: { DEPT_REPORT: report, DEPT_PRINT: '0' } });
  expect(ended).toMatchObject({ code: 0, stdout: 'ended well\n' });
  const lines = readFileSync(project.path(report), 'utf8').trimEnd().split('\n');
  expect(lines.map((line) => (JSON.parse(line) as { code: string }).code)).toEqual(['DEPT001', 'DEPT001']);
});
