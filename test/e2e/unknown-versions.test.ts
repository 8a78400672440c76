import { describe, expect, test } from 'vitest';
import { runDept } from './child.ts';
import { FindingsFile } from './findings-file.ts';
import { UnknownLibrary } from './unknown-library.ts';

const TIMEOUT_MS = 60_000;
const SEMAPHORE = 'exports.Semaphore = class { acquire() { return 1; } };';

describe.concurrent('a library in a version that is not known', { timeout: TIMEOUT_MS }, () => {
  test('is told once, and left alone', async () => {
    using project = new UnknownLibrary('async-mutex', SEMAPHORE);
    using findings = new FindingsFile();
    const ended = await runDept(['run', '--report', findings.path, project.program]);
    expect(ended).toMatchObject({ code: 0, stdout: '1\n' });
    expect(findings.read().map(({ code, kind }) => [code, kind])).toEqual([['DEPT009', 'notice']]);
    expect(ended.stderr).toContain('async-mutex is loaded in a version dept does not know');
  });

  test.each([
    ['an old one that the project asks for', '0.1.0', { 'async-mutex': '^0.1.0' }, ['DEPT009']],
    ['an old one that came with another package is not', '0.1.0', { other: '^1.0.0' }, []],
    ['a new one in any case', '99.0.0', { other: '^1.0.0' }, ['DEPT009']],
    ['an old one where no package.json says who asks', '0.1.0', undefined, ['DEPT009']],
  ])('is told: %s', async (_what, version, dependencies, codes) => {
    const options = dependencies === undefined ? { version } : { version, dependencies };
    using project = new UnknownLibrary('async-mutex', SEMAPHORE, options);
    using findings = new FindingsFile();
    const args = ['run', '--quiet', '--report', findings.path, project.program];
    expect(await runDept(args, { cwd: project.folder })).toMatchObject({ code: 0, stdout: '1\n' });
    expect(findings.read().map(({ code }) => code)).toEqual(codes);
  });
});
