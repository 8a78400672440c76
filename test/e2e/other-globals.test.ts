import { afterAll, beforeAll, expect, test } from 'vitest';
import { runNode } from './child.ts';
import { FindingsFile } from './findings-file.ts';
import { Project } from './project.ts';

const TIMEOUT_MS = 60_000;

let project: Project;
beforeAll(async () => {
  project = await Project.create(['other-globals.mjs']);
}, TIMEOUT_MS);
afterAll(() => project[Symbol.dispose]());

async function run(program: string, ...args: readonly string[]) {
  using findings = new FindingsFile();
  const ended = await runNode(['--import', 'dept/register', `src/${program}.mjs`, ...args], {
    cwd: project.folder,
    timeoutMs: TIMEOUT_MS,
    env: { DEPT_REPORT: findings.path, DEPT_PRINT: '0' },
  });
  return { ...ended, codes: findings.read().map(({ code }) => code) };
}

test('a program that puts something else in the place of process goes on and is watched', {
  timeout: TIMEOUT_MS,
}, async () => {
  const well = { code: 0, stdout: 'ended well\n', stderr: '' };
  expect(await run('other-globals')).toEqual({ ...well, signal: null, codes: ['DEPT001'] });
  expect(await run('other-globals', 'fixed')).toEqual({ ...well, signal: null, codes: [] });
});
