import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Ended } from '../e2e/child.ts';
import { Project } from './project.ts';

const TIMEOUT_MS = 120_000;
/** Mocha is linked into the project; it looks for `dept` from there. */
const MOCHA = ['--preserve-symlinks', '--preserve-symlinks-main', '../node_modules/mocha/bin/mocha.js'];

let project: Project;
beforeAll(async () => {
  project = await Project.create();
}, TIMEOUT_MS);
afterAll(() => project[Symbol.dispose]());

function mocha(...args: readonly string[]): Promise<Ended> {
  return project.run('mocha', [...MOCHA, '--require', 'dept/mocha', ...args]);
}

describe.concurrent('dept/mocha', { timeout: TIMEOUT_MS }, () => {
  test.each([['in series'], ['in parallel', '--parallel']])(
    'a test in which a finding is made fails with the report: %s',
    async (_name, ...flags) => {
      const { code, stdout, stderr } = await mocha(...flags, 'findings.spec.mjs');
      expect(code).toBe(1);
      expect(stderr).toBe('');
      expect(stdout).toMatch(/\n {2}3 passing .*\n {2}1 failing\n/);
      expect(stdout).toContain('FindingError: DEPT001: refundOrder and placeOrder can wait for each other for ever.\n');
      expect(stdout).toMatch(/\n\n? +at .*\/?shop\.mjs:14:17\)?\n/);
    },
  );

  test('a test that times out says who waits for whom', async () => {
    const { code, stdout, stderr } = await mocha('timeout.spec.mjs');
    expect(code).toBe(1);
    expect(stdout).toContain('Error: Timeout of 1500ms exceeded.');
    expect(stderr).toContain('dept, test "both at once": DEPT002: payOut and cashUp wait for each other for ever.\n');
    expect(stderr).toContain('cashUp waits for ledger: payOut has it.\npayOut waits for stock: cashUp has it.\n');
    // What a finding shows is not shown twice, and how the runner came to ask for it helps nobody.
    expect(stderr.match(/^context A's detail$/gm)).toHaveLength(1);
    expect(stderr).toContain('\nCall Trace:\n (N/A)\n');
  });

  test('a test that times out says which functions await each other, and which have not ended', async () => {
    const { code, stderr } = await mocha('stopped.spec.mjs');
    expect(code).toBe(2);
    expect(stderr).toContain(
      'dept, test "needs the other": DEPT002: readLimit and readSize await each other for ever.\n',
    );
    expect(stderr).toContain(
      'dept, test "is never answered": 2 async functions had not ended when the test timed out:\n',
    );
    expect(stderr).toContain(' answer (settings.mjs:28:19) awaits a promise that nobody can settle any more\n');
  });
});
