import { writeFully } from '../../reports/sinks/write-fully.ts';
import type { RunningTest } from './ledger.ts';

const STDERR = 2;

/** Prints what a runner shows nowhere, because the test has failed already by something else. */
export function stderrText(errors: readonly Error[], test: RunningTest | null): void {
  const where = test === null ? 'dept' : `dept, test ${JSON.stringify(test.name)}`;
  for (const { message, stack } of errors) {
    const places = (stack ?? '').split('\n').filter((line) => line.startsWith('    at '));
    writeFully(STDERR, `${[`${where}: ${message.trimEnd()}`, ...places].join('\n')}\n`);
  }
}
