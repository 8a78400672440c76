import { setTimeout } from 'node:timers';
import { isMainThread } from 'node:worker_threads';
import type { Finding } from '../../src/core/finding.ts';
import { NEVER } from '../../src/core/ids.ts';
import { UnsettledAwait } from '../process/unsettled-await.ts';
import { processEnvironment, readConfig, sinksFor } from '../process-sinks.ts';
import { StallCheck } from './stall-check.ts';

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
  const awaited = new UnsettledAwait();
  const atEnd = (): void => {
    if (hasNothingLeft) stalls.atEnd({ openWaits: [], isDoubtful: true, isUnsettled: awaited.isUnsettled });
  };
  process.on('beforeExit', () => {
    hasNothingLeft = true;
    // After the listener of Node 20 that sets the code of an unsettled await, and all others.
    process.off('exit', atEnd);
    process.once('exit', atEnd);
  });
}
