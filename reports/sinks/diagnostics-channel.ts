import { channel } from 'node:diagnostics_channel';
import type { Finding } from '../../src/core/finding.ts';
import type { ReportDocument } from '../document.ts';
import type { ReportEnvironment } from '../environment.ts';
import { toReportDocument } from '../ndjson.ts';
import type { Sink } from './sink.ts';

/** Name of the diagnostics channel that findings are published on. */
export const FINDING_CHANNEL = 'dept:finding';

/** What subscribers of `dept:finding` get. */
export interface FindingMessage {
  readonly finding: Finding;
  /** The finding as plain JSON, version 1. */
  readonly report: ReportDocument;
}

/**
 * Publishes each finding on the diagnostics channel `dept:finding`, synchronously. Costs a look at the channel while
 * nobody has subscribed. What a subscriber throws is an uncaught exception of the program, as with any channel.
 */
export function diagnosticsChannelSink(environment: () => ReportEnvironment | null = () => null): Sink {
  const findings = channel(FINDING_CHANNEL);
  return {
    write(finding) {
      if (!findings.hasSubscribers) return;
      const message: FindingMessage = { finding, report: toReportDocument(finding, environment()) };
      findings.publish(message);
    },
  };
}
