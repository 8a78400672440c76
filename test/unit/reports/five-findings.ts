import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ParsedReport } from '../../../reports/parse-report.ts';
import { parseReportLine } from '../../../reports/parse-report.ts';
import type { Finding } from '../../../src/core/finding.ts';
import { circular, SHOP, type Step, stack } from './finding-builder.ts';

/** What a real run of test/e2e/programs/lucky-abba.mjs recorded; source-maps.test.ts checks that it still does. */
export const RECORDED_ABBA: string = join(import.meta.dirname, '../../golden/formats/abba.ndjson');

const ringStep = (context: string, start: string, wait: string, line: number): Step => ({
  context,
  S: `lock(${start}:0)`,
  W: `lock(${wait}:0)`,
  E: `unlock(${start}:0)`,
  stacks: {
    S: stack(`${context} src/ring.ts:${line}:9`),
    W: stack(`${context} src/ring.ts:${line + 1}:9`),
    E: stack(`${context} src/ring.ts:${line + 2}:5`),
  },
});

const ring = [
  ringStep('load', 'cache', 'index', 10),
  ringStep('sync', 'disk', 'cache', 20),
  ringStep('index', 'index', 'disk', 30),
];

function aa(): Finding {
  const again: Step = {
    context: 'transfer',
    S: 'acquire(pool:0)',
    W: 'acquire(pool:0)',
    E: 'release(pool:0)',
    stacks: { S: stack('transfer src/bank.ts:7:20'), W: stack('audit src/bank.ts:15:20', 'transfer src/bank.ts:9:9') },
  };
  return circular([again], {
    message: 'transfer can wait for ever: it asks for another of the 2 permits of pool while it holds one.',
    help: ['It hangs as soon as 2 holders of pool ask for one more at the same time.'],
    fingerprint: '00000000000000aa',
  });
}

function unknownStart(): Finding {
  const woken: Step = {
    context: 'worker',
    S: '(unknown)(done:0)',
    W: 'lock(A:0)',
    E: 'complete(done:0)',
    stacks: { W: stack('worker src/job.ts:5:3'), E: stack('worker src/job.ts:9:3') },
    more: { waker: stack('client src/job.ts:21:3', 'main src/job.ts:30:1') },
  };
  const owner: Step = {
    context: 'client',
    S: 'lock(A:0)',
    W: 'wait_for_completion(done:0)',
    E: 'unlock(A:0)',
    stacks: { W: stack('client src/job.ts:21:3') },
  };
  return circular([woken, owner], {
    message: 'worker and client can wait for each other for ever.',
    help: ['Trigger done before waiting for what its waiters hold, or release that before waiting for it.'],
    fingerprint: '00000000000000cc',
  });
}

/** The findings of the golden files: ABBA of a real run, AA, three contexts, with a timeout, with an unknown [S]. */
export function fiveFindings(): readonly ParsedReport[] {
  const names = 'load, sync and index can wait for each other for ever.';
  const timed = ring.map((step, index) => (index === 1 ? { ...step, more: { timed: true } } : step));
  const made = [
    aa(),
    circular(ring, { message: names, fingerprint: '0000000000000003' }),
    circular(timed, { message: names, fingerprint: '0000000000000004', severity: 'warning' }),
    unknownStart(),
  ];
  return [
    parseReportLine(readFileSync(RECORDED_ABBA, 'utf8')),
    ...made.map((finding) => ({ finding, environment: SHOP })),
  ];
}
