import { describe, expect, test } from 'vitest';
import { runDept } from './child.ts';
import { FindingsFile } from './findings-file.ts';

const PROGRAMS = 'test/e2e/programs';
const TIMEOUT_MS = 60_000;

/** The sites of [S], [W], [E] of each context. */
function places(line: ReturnType<FindingsFile['read']>[number] | undefined): readonly (readonly unknown[])[] {
  return (line?.contexts ?? []).map(({ name, S, W, E }) => [name, S.site, W.site, E.site]);
}

describe.concurrent('dept run', { timeout: TIMEOUT_MS }, () => {
  test.each([
    ['an ES module', 'lucky-abba.mjs'],
    ['CommonJS', 'lucky-abba.cjs'],
  ])('predicts the deadlock of a lucky run: %s', async (_kind, name) => {
    using findings = new FindingsFile();
    const file = `${PROGRAMS}/${name}`;
    const ended = await runDept(['run', '--report', findings.path, '--', 'node', file]);
    expect(ended.code).toBe(1);
    expect(ended.stdout).toBe('ended well\n');
    expect(ended.stderr).toContain('*** DEADLOCK ***');
    const [line, ...others] = findings.read();
    expect(others).toEqual([]);
    expect(line).toMatchObject({ code: 'DEPT001', kind: 'circular', severity: 'error', rules: 'dept' });
    expect(line?.fingerprint).toMatch(/^[0-9a-f]{16}$/);
    expect(line?.classes.map((each) => [each.name, each.site])).toEqual([
      ['ledger:0', `${file}:9:18`],
      ['stock:0', `${file}:8:15`],
    ]);
    expect(places(line)).toEqual([
      ['refundOrder', `${file}:14:32`, `${file}:15:15`, `${file}:16:3`],
      // The library gives it back itself when that call is over.
      ['placeOrder', `${file}:8:15`, `${file}:9:18`, `${file}:8:15`],
    ]);
  });

  test('finds the same circle under the same fingerprint in another run', async () => {
    using findings = new FindingsFile();
    const args = ['run', '--quiet', '--report', findings.path, `${PROGRAMS}/lucky-abba.mjs`];
    await runDept(args);
    await runDept(args);
    const prints = findings.read().map(({ fingerprint }) => fingerprint);
    expect(prints).toHaveLength(2);
    expect(new Set(prints).size).toBe(1);
  });

  test('reports the deadlock that happens and leaves the exit code of the unsettled await', async () => {
    using findings = new FindingsFile();
    const ended = await runDept(['run', '--report', findings.path, `${PROGRAMS}/hanging-abba.mjs`]);
    expect(ended.code).toBe(13);
    expect(ended.stdout).toBe('');
    const lines = findings.read();
    expect(lines.map(({ code }) => code)).toEqual(['DEPT002']);
    expect(lines[0]).toMatchObject({ kind: 'deadlock', severity: 'error' });
    expect(lines[0]?.contexts.map(({ name }) => name).sort()).toEqual(['placeOrder', 'refundOrder']);
  });

  test('ends the deadlock that happens where that is asked for', async () => {
    using findings = new FindingsFile();
    const args = ['run', '--quiet', '--report', findings.path, `${PROGRAMS}/refused-abba.mjs`];
    const ended = await runDept(args, { env: { DEPT_ON_DEADLOCK: 'reject' } });
    expect(ended).toMatchObject({ code: 1, stdout: 'placed\nDeadlockError\n' });
    expect(findings.read().map(({ code }) => code)).toEqual(['DEPT002']);
  });

  test('is silent about the fixed program', async () => {
    using findings = new FindingsFile();
    const ended = await runDept(['run', '--report', findings.path, `${PROGRAMS}/fixed.mjs`]);
    expect(ended).toEqual({ code: 0, signal: null, stdout: 'ended well\n', stderr: '' });
    expect(findings.read()).toEqual([]);
  });

  test('is silent about waits that timers set free', async () => {
    using findings = new FindingsFile();
    const ended = await runDept(['run', '--report', findings.path, `${PROGRAMS}/freed-by-timers.mjs`]);
    expect(ended).toEqual({ code: 0, signal: null, stdout: 'ended well\n', stderr: '' });
    expect(findings.read()).toEqual([]);
  });

  // With dept from its source, and the compiler of that, there is more to read.
  const env = { DEPT_STALL_BUDGET_MS: '40000' };

  test.each(['at once', 'timed'])(
    'is silent about who asks aside while another one holds, and goes on (%s)',
    async (how) => {
      using findings = new FindingsFile();
      const ended = await runDept(['run', '--report', findings.path, `${PROGRAMS}/asked-aside.mjs`, how], { env });
      expect(ended).toEqual({ code: 0, signal: null, stdout: 'handled\n', stderr: '' });
      expect(findings.read()).toEqual([]);
    },
  );

  test.each(['awaited', 'told'])('tells of the same where the holder waits for it (%s)', async (how) => {
    const { stdout } = await runDept(['run', '--quiet', `${PROGRAMS}/asked-aside.mjs`, how], { env });
    expect(stdout).toBe('DEPT002 note waits for ever: it asks for pool again while it holds it.\n');
  });

  test.each([
    ['raced', 'main waits until a timeout ends it: it asks for lock again while it holds it.'],
    ['queued', 'main waits for ever: as the only task that jobs lets run it waits for another one.'],
  ])('tells of who waits for himself in a program that stays alive (%s)', async (how, told) => {
    const { stdout } = await runDept(['run', '--quiet', `${PROGRAMS}/stays-alive.mjs`, how], { env });
    expect(stdout).toBe(`DEPT002 ${told}\n`);
  });

  test.each(['a process', 'an interval', 'a service', 'a query'])(
    'is silent about who waits beside a holder that is called back (%s)',
    async (how) => {
      using findings = new FindingsFile();
      const ended = await runDept(['run', '--report', findings.path, `${PROGRAMS}/called-back.mjs`, how], { env });
      expect(ended).toEqual({ code: 0, signal: null, stdout: 'called back\n', stderr: '' });
      expect(findings.read()).toEqual([]);
    },
  );

  test.each(['its note', 'its own server'])(
    'tells of one that is called back by what waits for it (%s)',
    async (how) => {
      const { stdout } = await runDept(['run', '--quiet', `${PROGRAMS}/called-back.mjs`, how], { env });
      expect(stdout).toMatch(/^DEPT002 .* waits for ever: it asks for \w+ again while it holds it\.\n$/);
    },
  );

  test.each([
    ['tasks', []],
    ['itself', ['DEPT002']],
  ])('tells of a program that ends itself what stands for certain (%s)', async (how, codes) => {
    using findings = new FindingsFile();
    await runDept(['run', '--quiet', '--report', findings.path, `${PROGRAMS}/exits-midway.mjs`, how], { env });
    expect(findings.read().map(({ code }) => code)).toEqual(codes);
  });

  test('reports a circle that a timeout breaks softly, and none that is only tried', async () => {
    using findings = new FindingsFile();
    const ended = await runDept(['run', '--report', findings.path, `${PROGRAMS}/timed-abba.mjs`]);
    expect(ended.stdout).toBe('ended well\n');
    expect(findings.read().map(({ code, severity }) => [code, severity])).toEqual([['DEPT001', 'warning']]);
    expect(ended.stderr).toContain('CHECK IF THE TIMEOUT IS INTENDED');
  });

  test('gives the lines of the TypeScript source', async () => {
    using findings = new FindingsFile();
    const file = `${PROGRAMS}/lucky-abba.ts`;
    const ended = await runDept(['run', '--quiet', '--report', findings.path, '--', 'node', file]);
    expect(ended.code).toBe(1);
    const [line] = findings.read();
    expect(places(line)[0]).toEqual(['refundOrder', `${file}:20:37`, `${file}:21:20`, `${file}:22:3`]);
    expect(places(line)[1]?.slice(0, 3)).toEqual(['placeOrder', `${file}:14:20`, `${file}:15:23`]);
  });

  test('watches programs that import dept themselves', async () => {
    const ended = await runDept(['run', `${PROGRAMS}/own-locks.mjs`]);
    expect(ended.stderr).toContain('DEPT001 error');
    expect(ended.code).toBe(1);
  });
});

describe.concurrent('the exit code', { timeout: TIMEOUT_MS }, () => {
  test('of a program that throws is its own, and so is its message', async () => {
    const ended = await runDept(['run', `${PROGRAMS}/throws.mjs`]);
    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain('broken on purpose');
    expect(ended.stderr).not.toContain('DEPT');
  });

  test('of a program that chose one stays, findings or not', async () => {
    const ended = await runDept(['run', '--quiet', `${PROGRAMS}/exits-with-3.mjs`]);
    expect(ended.code).toBe(3);
  });

  test('of a program that a signal ends is 128 and the number of the signal', async () => {
    const ended = await runDept(['run', '--', 'node', '-e', "process.kill(process.pid, 'SIGKILL')"]);
    expect(ended.code).toBe(128 + 9);
  });

  test('stays 0 with --no-fail', async () => {
    const ended = await runDept(['run', '--no-fail', `${PROGRAMS}/lucky-abba.mjs`]);
    expect(ended.code).toBe(0);
    expect(ended.stderr).toContain('DEPT001');
  });

  test('tells of findings in a process below the command', async () => {
    const code = `require('node:child_process').execFileSync(process.execPath, ['${PROGRAMS}/lucky-abba.mjs'])`;
    const ended = await runDept(['run', '--quiet', '--', 'node', '-e', code]);
    expect(ended.code).toBe(1);
  });
});

describe.concurrent('options', { timeout: TIMEOUT_MS }, () => {
  test('--quiet prints nothing', async () => {
    const ended = await runDept(['run', '--quiet', `${PROGRAMS}/lucky-abba.mjs`]);
    expect(ended).toEqual({ code: 1, signal: null, stdout: 'ended well\n', stderr: '' });
  });

  test('--indent 4 is the layout of older kernels', async () => {
    const { stderr } = await runDept(['run', '--indent', '4', `${PROGRAMS}/lucky-abba.mjs`]);
    expect(stderr).toContain('\ncontext A\n    [S] acquire(ledger:0)\n    [W] acquire(stock:0)\n');
  });

  test('--format pretty shows the code of each wait, dept is what a pipe gets anyway', async () => {
    const program = `${PROGRAMS}/lucky-abba.mjs`;
    const [pretty, colored, dept, plain] = await Promise.all([
      runDept(['run', '--format', 'pretty', program]),
      runDept(['run', program], { env: { DEPT_FORMAT: 'pretty', FORCE_COLOR: '1' } }),
      runDept(['run', '--format', 'dept', program]),
      runDept(['run', program]),
    ]);
    expect(pretty.stderr).toMatch(/^refundOrder and placeOrder can wait for each other for ever\.\n/);
    expect(pretty.stderr).toContain(`--> ${program}:15:15\n`);
    expect(pretty.stderr).toContain(
      '15 |   await stock.runExclusive(async () => undefined);\n   |               ^ waits here',
    );
    expect(colored.stderr).toContain('\u001b[1;31m*** DEADLOCK ***\u001b[22;39m');
    const withoutProcess = ({ stderr }: typeof dept): string => stderr.replace(/^PID: .*$/m, '');
    expect(withoutProcess(dept)).toBe(withoutProcess(plain));
    expect(plain.stderr).toMatch(/^={51}\nDEPT: /);
  });

  test('--rules linux says so in the finding', async () => {
    using findings = new FindingsFile();
    await runDept(['run', '--rules', 'linux', '--quiet', '--report', findings.path, `${PROGRAMS}/lucky-abba.mjs`]);
    expect(findings.read().map(({ code, rules }) => [code, rules])).toEqual([['DEPT001', 'linux']]);
  });
});
