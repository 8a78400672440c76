import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parseReports } from '../../../reports/parse-report.ts';
import { fileSink } from '../../../reports/sinks/file.ts';
import { MemorySink } from '../../../reports/sinks/memory.ts';
import { pinoSink } from '../../../reports/sinks/pino.ts';
import { type Device, writeFully } from '../../../reports/sinks/write-fully.ts';
import { formatReport } from '../../../reports/text/report.ts';
import { abba, SHOP } from './finding-builder.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dept-sinks-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

test('a file holds each finding as soon as it is made, behind what was there', () => {
  const path = join(folder, 'findings.ndjson');
  fileSink(path).write(abba({ message: 'an earlier run' }));
  const sink = fileSink(path, { environment: () => SHOP });
  sink.write(abba());
  expect(parseReports(readFileSync(path, 'utf8')).map(({ finding }) => finding.message)).toEqual([
    'an earlier run',
    abba().message,
  ]);
  sink.write(abba({ message: 'third' }));
  const [first, , third] = parseReports(readFileSync(path, 'utf8'));
  expect([first?.environment, third?.environment]).toEqual([null, SHOP]);
  expect(third?.finding.message).toBe('third');
});

test('no finding, no file', () => {
  const path = join(folder, 'findings.ndjson');
  fileSink(path);
  expect(() => readFileSync(path)).toThrow(/ENOENT/);
});

test('a file that cannot be written is told once, with its path and the reason', () => {
  const notAFolder = join(folder, 'plain');
  writeFileSync(notAFolder, '');
  const path = join(notAFolder, 'findings.ndjson');
  const warnings: string[] = [];
  const sink = fileSink(path, { warn: (message) => warnings.push(message) });
  sink.write(abba());
  sink.write(abba());
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toMatch(
    /^dept: cannot write findings to .*plain.findings\.ndjson \(ENOTDIR.*\); the program goes on/,
  );
});

test('a file that can be written again gets the later findings', () => {
  const path = join(folder, 'missing', 'findings.ndjson');
  const sink = fileSink(path, { warn: () => undefined });
  sink.write(abba({ message: 'lost' }));
  mkdirSync(join(folder, 'missing'));
  sink.write(abba({ message: 'kept' }));
  expect(parseReports(readFileSync(path, 'utf8')).map(({ finding }) => finding.message)).toEqual(['kept']);
});

/** Runs a script from source in a process of its own, where file descriptor 2 is really written. */
function run(script: string): { readonly status: number | null; readonly stdout: string; readonly stderr: string } {
  const root = join(import.meta.dirname, '../../..');
  const file = join(folder, 'program.ts');
  writeFileSync(file, script.replaceAll('ROOT', root));
  return spawnSync(process.execPath, ['--conditions', 'dept:source', '--import', 'tsx', file], {
    cwd: root,
    encoding: 'utf8',
  });
}

test('the program goes on after an unwritable file, and standard error says so once', () => {
  const { status, stdout, stderr } = run(`
    import { fileSink } from 'ROOT/reports/sinks/file.ts';
    import { abba } from 'ROOT/test/unit/reports/finding-builder.ts';
    const sink = fileSink('ROOT/package.json/findings.ndjson');
    sink.write(abba());
    sink.write(abba());
    console.log('done');
  `);
  expect({ status, stdout }).toEqual({ status: 0, stdout: 'done\n' });
  expect(stderr.match(/cannot write findings to/g)).toHaveLength(1);
});

test('standard error gets the whole report even if the process ends at once', () => {
  const { status, stdout, stderr } = run(`
    import { stderrSink } from 'ROOT/reports/sinks/stderr.ts';
    import { abba } from 'ROOT/test/unit/reports/finding-builder.ts';
    const sink = stderrSink();
    for (let i = 0; i < 50; i++) sink.write(abba());
    process.kill(process.pid, 'SIGKILL');
  `);
  expect({ status, stdout }).toEqual({ status: null, stdout: '' });
  expect(stderr).toBe(formatReport(abba()).repeat(50));
});

test('a pino logger of its own writes to standard error, not to standard output', () => {
  const { status, stdout, stderr } = run(`
    import { pinoSink } from 'ROOT/reports/sinks/pino.ts';
    import { abba } from 'ROOT/test/unit/reports/finding-builder.ts';
    pinoSink().write(abba());
  `);
  expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
  expect(JSON.parse(stderr)).toMatchObject({ level: 50, name: 'dept', msg: abba().message });
});

function capturing(): { readonly logger: ReturnType<typeof pino>; readonly lines: Record<string, unknown>[] } {
  const lines: Record<string, unknown>[] = [];
  const stream = new Writable({
    write(chunk, _encoding, done) {
      lines.push(JSON.parse(String(chunk)) as Record<string, unknown>);
      done();
    },
  });
  return { logger: pino(stream), lines };
}

test('a logger gets error and report, from a child named dept, at a level by severity', () => {
  const { logger, lines } = capturing();
  const sink = pinoSink(logger);
  sink.write(abba());
  sink.write(abba({ severity: 'warning' }));
  sink.write(abba({ severity: 'info' }));
  expect(lines.map(({ level, name }) => [level, name])).toEqual([
    [50, 'dept'],
    [40, 'dept'],
    [30, 'dept'],
  ]);
  expect(lines[0]).toMatchObject({
    msg: abba().message,
    err: {
      code: 'DEPT001',
      message: abba().message,
      stack: expect.stringMatching(/^DeptFinding: .*\n {4}at refundOrder \(src\/refunds\.ts:33:18\)\n/) as string,
    },
    report: { code: 'DEPT001', contexts: [{ name: 'refundOrder' }, { name: 'placeOrder' }] },
  });
});

test('a logger that throws does not reach the program', () => {
  const sink = pinoSink({
    child: () => {
      throw new Error('closed');
    },
  });
  expect(() => sink.write(abba())).not.toThrow();
});

test('a finding that cannot be formatted does not reach the program either', () => {
  const broken = abba({
    stack: {
      get frames(): never {
        throw new Error('no source map');
      },
    },
  });
  const warnings: string[] = [];
  const sink = fileSink(join(folder, 'findings.ndjson'), { warn: (message) => warnings.push(message) });
  expect(() => sink.write(broken)).not.toThrow();
  expect(warnings).toEqual([expect.stringContaining('(no source map)')]);
});

test('memory keeps findings in order until cleared', () => {
  const sink = new MemorySink();
  const [first, second] = [abba(), abba({ severity: 'info' })];
  sink.write(first);
  sink.write(second);
  expect(sink.findings).toEqual([first, second]);
  sink.clear();
  expect(sink.findings).toEqual([]);
});

type Answer = number | string;

/** A descriptor that answers each write as told: how many bytes it takes, or the code of its error. */
function deviceAnswering(answers: Answer[]): { readonly taken: Buffer[]; readonly device: Device } {
  const taken: Buffer[] = [];
  const write = (_fd: number, bytes: Buffer, offset: number, length: number): number => {
    const answer = answers.shift() ?? length;
    if (typeof answer === 'string') throw Object.assign(new Error(answer), { code: answer });
    taken.push(bytes.subarray(offset, offset + Math.min(answer, length)));
    return Math.min(answer, length);
  };
  return { taken, device: { write: write as Device['write'], pause: () => undefined } };
}

test('a line cut off by a full disk does not spoil the next one', () => {
  const path = join(folder, 'findings.ndjson');
  const { taken, device } = deviceAnswering([40, 'ENOSPC', 'ENOSPC']);
  const sink = fileSink(path, { warn: () => undefined, device });
  for (const message of ['cut', 'lost', 'kept', 'kept too']) sink.write(abba({ message }));
  const [cut, ...lines] = Buffer.concat(taken).toString().trimEnd().split('\n');
  expect(cut).toHaveLength(40);
  expect(parseReports(lines.join('\n')).map(({ finding }) => finding.message)).toEqual(['kept', 'kept too']);
});

test('a slow pipe gets everything, in pieces', () => {
  const { taken, device } = deviceAnswering([2, 'EAGAIN', 'EINTR', 3]);
  expect(writeFully(2, 'häufig', device)).toEqual({ complete: true });
  expect(Buffer.concat(taken).toString()).toBe('häufig');
});

test('a broken pipe is told, with what was written before', () => {
  const { device } = deviceAnswering([2, 'EPIPE']);
  expect(writeFully(2, 'abc', device)).toMatchObject({ complete: false, bytes: 2, error: { code: 'EPIPE' } });
});

test('a pipe that stays full is given up', () => {
  const { device } = deviceAnswering(Array.from({ length: 2000 }, () => 'EAGAIN'));
  expect(writeFully(2, 'abc', device)).toMatchObject({ complete: false, bytes: 0, error: { code: 'EAGAIN' } });
});
