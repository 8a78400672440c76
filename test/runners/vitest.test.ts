import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Ended, ROOT } from '../e2e/child.ts';
import { Project } from './project.ts';

const VITEST = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs');
const TIMEOUT_MS = 120_000;

let project: Project;
beforeAll(async () => {
  project = await Project.create();
}, TIMEOUT_MS);
afterAll(() => project[Symbol.dispose]());

function vitest(...args: readonly string[]): Promise<Ended> {
  return project.run('vitest', [VITEST, 'run', ...args]);
}

describe.concurrent('dept/vitest', { timeout: TIMEOUT_MS }, () => {
  test.each([
    ['forks', '--pool=forks'],
    ['threads', '--pool=threads'],
    ['threads, one for all files', '--pool=threads', '--no-isolate'],
    ['forks, one for all files', '--pool=forks', '--no-isolate'],
  ])('a test in which a finding is made fails with the report: %s', async (_name, ...flags) => {
    const ended = await vitest(...flags, 'findings');
    expect(ended.code).toBe(1);
    expect(ended.stdout).toMatch(/✓ are placed \d/);
    expect(ended.stdout).toMatch(/× are placed, then refunded .*\(retry x1\)/);
    expect(ended.stdout).toMatch(/✓ are placed again \d/);
    expect(ended.stderr).toContain(
      'FindingError: DEPT001: refundOrder and placeOrder can wait for each other for ever.\n',
    );
    expect(ended.stderr).toContain('\ncontext A\n   [S] acquire(ledger:0)\n   [W] acquire(stock:0)\n');
  });

  test.each([
    ['forks', '--pool=forks'],
    ['threads, one for all files', '--pool=threads', '--no-isolate'],
  ])('locks of the project itself are recognised: %s', async (_name, ...flags) => {
    const { code, stdout, stderr } = await vitest(...flags, 'own-lock');
    expect(code).toBe(1);
    expect(stdout).toMatch(/✓ an error has its place/);
    expect(stderr).toContain('FindingError: DEPT001: leave and enter can wait for each other for ever.\n');
    expect(stderr).toContain('own-lock.check.ts:14:11\n');
  });

  test('the failure points at the line that waits, also in an annotation', async () => {
    const ended = await vitest('--reporter=default', '--reporter=github-actions', 'findings');
    expect(ended.stderr).toContain('❯ shop.ts:15:17\n');
    expect(ended.stdout).toMatch(/^::error file=[^,]*\/vitest\/shop\.ts,.*line=15,column=17::/m);
  });

  test('a test that times out says who waits for whom', async () => {
    const { code, stderr } = await vitest('timeout');
    expect(code).toBe(1);
    expect(stderr).toContain('Error: Test timed out in 1500ms.');
    expect(stderr).toContain('FindingError: DEPT002: payOut and cashUp wait for each other for ever.');
    expect(stderr).toContain('OpenWaitsError: The test ended while 2 waits were open.');
    expect(stderr).toContain('cashUp waits for ledger: payOut has it.\npayOut waits for stock: cashUp has it.\n');
    expect(stderr).toContain('❯ cashUp shop.ts:27:16\n');
  });

  test('a test that times out says which functions await each other, and which have not ended', async () => {
    const { code, stderr } = await vitest('stopped');
    expect(code).toBe(1);
    expect(stderr).toContain('FindingError: DEPT002: readLimit and readSize await each other for ever.');
    expect(stderr).toContain('❯ readLimit settings.ts:28:11\n');
    expect(stderr).toContain(readFileSync(join(ROOT, 'test', 'golden', 'stopped-in-test.txt'), 'utf8'));
  });

  test('a deadlock in a hook is told', async () => {
    const { code, stdout, stderr } = await vitest('hook-hangs');
    expect(code).toBe(1);
    expect(stderr).toContain('Error: Hook timed out in 4000ms.');
    expect(stderr).toContain('FindingError: DEPT002: payOut and cashUp wait for each other for ever.');
    expect(stdout).not.toContain('✓');
  });

  test('work of another process that takes its time is no deadlock', async () => {
    const { code, stdout } = await vitest('slow-work');
    expect(stdout).toContain('1 passed');
    expect(code).toBe(0);
  });

  test('what is released in a tick is told, whatever messages vitest has sent', async () => {
    const { code, stderr } = await vitest('ticks');
    expect(code).toBe(1);
    expect(stderr).toContain('FindingError: DEPT001: ');
  });

  test('concurrent tests answer for their own findings', async () => {
    const { stdout } = await vitest('concurrent');
    expect(stdout).toMatch(/✓ clean \d/);
    expect(stdout).toMatch(/× guilty \d/);
    expect(stdout).toMatch(/✓ clean too \d/);
  });

  test('what is found before a test or in a hook is told', async () => {
    const { stdout, stderr } = await vitest('outside');
    expect(stdout).toMatch(/× has a finding from before it/);
    expect(stdout).toMatch(/✓ is clean/);
    expect(stdout).toMatch(/× is the last one/);
    expect(stderr).toContain('\nIt was made before this test began:');
  });

  test('matchers and helpers', async () => {
    const { stdout, stderr } = await vitest('matchers');
    expect(stdout).toContain('✓ a deadlock that can happen');
    expect(stdout).toContain('✓ what withTracker returned');
    expect(stdout).toContain('✓ a deadlock that happens, also under fake timers');
    expect(stdout).toMatch(/matchers\.check\.ts \(7 tests \| 4 failed\)/);
    expect(stderr).toContain('Error: expected it to deadlock, but nothing was found.\n ❯ matchers.check.ts:41:3');
    expect(stderr).toContain('Error: expected it not to deadlock:\n\n=====');
    expect(stderr).toContain('Error: broken on purpose\n');
    expect(stderr).toContain('withTracker was called while another withTracker is running.');
  });
});
