import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Ended, ROOT } from '../e2e/child.ts';
import { Project } from './project.ts';

const JEST = join(ROOT, 'node_modules', 'jest', 'bin', 'jest.js');
const TIMEOUT_MS = 120_000;

let project: Project;
beforeAll(async () => {
  project = await Project.create();
}, TIMEOUT_MS);
afterAll(() => project[Symbol.dispose]());

function jest(...args: readonly string[]): Promise<Ended> {
  return project.run('jest', ['--experimental-vm-modules', JEST, '--verbose', ...args]);
}

describe.concurrent('dept/jest', { timeout: TIMEOUT_MS }, () => {
  test('a test in which a finding is made fails with the report, and matchers work', async () => {
    const { code, stderr } = await jest('findings');
    expect(code).toBe(1);
    expect(stderr).toMatch(/✓ are placed \(|✓ are placed\n/);
    expect(stderr).toContain('✕ are placed, then refunded');
    expect(stderr).toContain('✓ are placed again');
    expect(stderr).toContain('FindingError: DEPT001: refundOrder and placeOrder can wait for each other for ever.\n');
    expect(stderr).toContain('> 14 |     await stock.runExclusive(() => undefined);\n');
    expect(stderr).toContain('at ../shop.mjs:14:17\n');
    expect(stderr).toContain('✓ of a deadlock that can happen');
    expect(stderr).toContain('✓ of one that happens');
    expect(stderr).toContain('expected it to deadlock, but nothing was found.');
    expect(stderr).toContain('Tests:       2 failed, 4 passed, 6 total\n');
  });

  test('a test that times out says who waits for whom', async () => {
    const { code, stderr } = await jest('timeout');
    expect(code).toBe(1);
    expect(stderr).toContain('Exceeded timeout of 1500 ms for a test.');
    expect(stderr).toContain('FindingError: DEPT002: payOut and cashUp wait for each other for ever.');
    expect(stderr).toMatch(/cashUp waits for ledger: payOut has it\.\n +payOut waits for stock: cashUp has it\.\n/);
    expect(stderr).toContain('at payOut (../shop.mjs:32:15)\n');
  });

  test('a test that times out says which functions await each other, and which have not ended', async () => {
    const { code, stderr } = await jest('stopped');
    expect(code).toBe(1);
    expect(stderr).toContain('FindingError: DEPT002: readLimit and readSize await each other for ever.');
    expect(stderr).toContain('at readLimit (../settings.mjs:23:11)\n');
    expect(stderr).toContain('OpenWaitsError: 2 async functions had not ended when the test timed out:\n');
    expect(stderr).toContain(' answer (settings.mjs:28:19) awaits a promise that no async function computes\n');
  });

  test('CommonJS tests are watched, and files that share a process are apart', async () => {
    const { code, stderr } = await jest('--runInBand');
    expect(code).toBe(1);
    expect(stderr).toContain('Tests:       6 failed, 4 passed, 10 total\n');
    expect(stderr).toContain('at commonjs.test.cjs:8:41\n');
  });
});
