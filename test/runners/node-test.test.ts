import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Ended } from '../e2e/child.ts';
import { Project } from './project.ts';

const TIMEOUT_MS = 120_000;
const MAJOR = Number(process.versions.node.split('.')[0]);

let project: Project;
beforeAll(async () => {
  project = await Project.create();
}, TIMEOUT_MS);
afterAll(() => project[Symbol.dispose]());

function nodeTest(...args: readonly string[]): Promise<Ended> {
  return project.run('node-test', ['--import', 'dept/node-test', ...args]);
}

describe.concurrent('dept/node-test', { timeout: TIMEOUT_MS }, () => {
  test.each([
    ['in a process for each file', '--test', '--test-reporter=tap'],
    ['in this process', '--test-reporter=tap'],
  ])('a test in which a finding is made fails with the report: %s', async (_name, ...flags) => {
    const { code, stdout } = await nodeTest(...flags, 'findings.test.mjs');
    expect(code).toBe(1);
    expect(stdout).toContain('# pass 3\n# fail 1\n');
    expect(stdout).toContain('not ok 1 - are placed, then refunded\n');
    expect(stdout).toContain('DEPT001: refundOrder and placeOrder can wait for each other for ever.\n');
    expect(stdout).toMatch(/\n +stack: \|-\n +\S*\/shop\.mjs:14:17\n/);
  });

  test('a test that times out says who waits for whom', async () => {
    const { code, stdout } = await nodeTest('--test', '--test-reporter=tap', 'timeout.test.mjs');
    expect(code).toBe(1);
    expect(stdout).toContain("failureType: 'testTimeoutFailure'");
    expect(stdout).toContain('DEPT002: payOut and cashUp wait for each other for ever.');
    expect(stdout).toContain('# cashUp waits for ledger: payOut has it.\n# payOut waits for stock: cashUp has it.\n');
    expect(stdout).toMatch(/^# {5}at payOut \(.*\/shop\.mjs:32:15\)$/m);
  });

  test('a test that times out says which functions await each other, and which have not ended', async () => {
    const { code, stdout } = await nodeTest('--test', '--test-reporter=tap', 'stopped.test.mjs');
    expect(code).toBe(1);
    expect(stdout).toContain('DEPT002: readLimit and readSize await each other for ever.');
    expect(stdout).toContain('2 async functions had not ended when the test timed out:\n');
    expect(stdout).toContain(' answer (settings.mjs:28:19) awaits a promise that nobody can settle any more\n');
  });

  // From 24 on node:test waits for ever then, with or without dept.
  test.skipIf(MAJOR >= 24)('a test that nothing can wake says who waits for whom', async () => {
    const { code, stdout } = await nodeTest('--test', '--test-reporter=tap', 'hang.test.mjs');
    expect(code).toBe(1);
    expect(stdout).toContain("failureType: 'cancelledByParent'");
    expect(stdout).toContain('DEPT002: payOut and cashUp wait for each other for ever.');
    expect(stdout.match(/# cashUp waits for ledger: payOut has it\.\n/g)).toHaveLength(1);
  });
});
