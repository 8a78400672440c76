import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
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
  return jestIn('jest', args);
}

function jestIn(folder: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  return project.run(folder, ['--experimental-vm-modules', JEST, '--verbose', ...args], { env });
}

/** What jest has counted in the modules of a fixture, and how it ended. */
async function measured(
  folder: string,
  provider: string,
  ownLocks: string,
): Promise<Ended & { readonly counts: string }> {
  const reports = mkdtempSync(join(tmpdir(), 'dept-coverage-'));
  try {
    const flags = ['--coverage', `--coverageProvider=${provider}`, '--coverageReporters=json'];
    const env = { DEPT_OWN_LOCKS: ownLocks };
    const ended = await jestIn(folder, ['own-lock', ...flags, `--coverageDirectory=${reports}`], env);
    return { ...ended, counts: readFileSync(join(reports, 'coverage-final.json'), 'utf8') };
  } finally {
    rmSync(reports, { recursive: true, force: true });
  }
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
    expect(stderr).toContain(' answer (settings.mjs:28:19) awaits a promise that nobody can settle any more\n');
  });

  test('CommonJS tests are watched, and files that share a process are apart', async () => {
    const { code, stderr } = await jest('--runInBand');
    expect(code).toBe(1);
    expect(stderr).toContain('Tests:       8 failed, 5 passed, 13 total\n');
    expect(stderr).toContain('at commonjs.test.cjs:8:41\n');
  });

  test('locks of the project itself are recognised in ES modules', async () => {
    const { code, stderr } = await jest('own-lock');
    expect(code).toBe(1);
    expect(stderr).toContain('✓ an error has its place');
    expect(stderr).toContain('> 13 |     await till.run(async () => undefined);\n');
    expect(stderr).toContain('[W] run(shelf:0)');
    expect((await jestIn('jest', ['own-lock'], { DEPT_OWN_LOCKS: '0' })).code).toBe(0);
  });

  test('they are recognised in what a compiler makes of TypeScript, and of CommonJS', async () => {
    const { code, stderr } = await jestIn('jest-compiled', ['own-lock']);
    expect(code).toBe(1);
    expect(stderr.match(/✓ an error has its place/g)).toHaveLength(2);
    expect(stderr).toContain('FindingError: DEPT001: leave and enter can wait for each other for ever.\n');
    expect(stderr).toContain('> 14 |     await takeDoor();\n');
    expect(stderr).toContain('[W] takeDoor(takeDoor:0)\n');
    expect(stderr).toContain('[W] take(shelf:0)');
    expect(stderr).toContain('Tests:       2 failed, 2 passed, 4 total\n');
  });

  test('functions have their own names, though jest names them after what they call', async () => {
    const { stderr } = await jestIn('jest-compiled', ['names']);
    expect(stderr).toContain('FindingError: DEPT001: Shop.refund and Shop.place can wait for each other for ever.\n');
    expect(stderr).toContain('[<jest-compiled/names.check.cjs:12:23>] Shop.refund\n');
  });

  test('a project in which they are recognised does what it did', async () => {
    const { code, stderr } = await jestIn('jest-compiled', ['as-before']);
    expect(stderr).toContain('Tests:       6 passed, 6 total\n');
    expect(code).toBe(0);
  });

  test.each([
    ['jest', 'babel'],
    ['jest', 'v8'],
    ['jest-compiled', 'babel'],
    ['jest-compiled', 'v8'],
  ])('coverage counts what it counts without: %s, %s', async (folder, provider) => {
    const [without, ended] = [await measured(folder, provider, '0'), await measured(folder, provider, '1')];
    expect(ended.code).toBe(0);
    expect(ended.counts).toContain('lane.');
    expect(ended.counts).toBe(without.counts);
  });

  test('nothing of it is left for the next file, after one that cannot be loaded too', async () => {
    const { stderr } = await jestIn('jest-projects', ['--runInBand']);
    expect(stderr).toContain('marked: true\n');
    expect(stderr).toContain('✓ is as without dept');
    expect(stderr).toContain('✓ is marked');
    expect(stderr).toContain('Test Suites: 1 failed, 2 passed, 3 total\n');
  });

  test('tests run in an environment that has few globals', async () => {
    const { code, stderr } = await jest('window');
    expect(code).toBe(1);
    expect(stderr).toContain('FindingError: DEPT001: ');
    expect(stderr).toContain('(window.test.cjs:15:16)\n');
  });
});
