import { setTimeout } from 'node:timers';
import { isMainThread } from 'node:worker_threads';
import type { Finding } from '../../src/core/finding.ts';
import { NEVER } from '../../src/core/ids.ts';
import { processEnvironment, readConfig, sinksFor } from '../process-sinks.ts';
import { StallCheck } from './stall-check.ts';

/** Exit code of Node when a top-level await never settles. */
const UNSETTLED_AWAIT = 13;

if (isMainThread) await start();

/** The preload of `dept stall`: nothing is tracked, the heap alone tells. */
async function start(): Promise<void> {
  const config = readConfig();
  const sinks = await sinksFor(config, processEnvironment());
  const findings: Finding[] = [];
  const onFinding = (finding: Finding): void => {
    findings.push(finding);
    for (const sink of sinks) sink.write(finding);
  };
  const stalls = new StallCheck({ ...config, stall: 'always', onFinding, findings, now: () => NEVER });
  const { stallAfterMs, stallSignal } = config;
  if (stallAfterMs > 0) {
    const reason = { kind: 'after', afterMs: stallAfterMs } as const;
    setTimeout(() => stalls.whileRunning([], reason, true), stallAfterMs).unref();
  }
  if (stallSignal !== '') {
    process.on(stallSignal as NodeJS.Signals, () => {
      stalls.whileRunning([], { kind: 'signal', signal: stallSignal }, true);
    });
  }
  let hasNothingLeft = false;
  const atEnd = (code: number): void => {
    const isUnsettled = Number(process.exitCode ?? code) === UNSETTLED_AWAIT;
    if (hasNothingLeft) stalls.atEnd({ openWaits: [], isDoubtful: true, isUnsettled });
  };
  process.on('beforeExit', () => {
    hasNothingLeft = true;
    // After Node's own listener, which sets the code of an unsettled await.
    process.off('exit', atEnd);
    process.once('exit', atEnd);
  });
}
