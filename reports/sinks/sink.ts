import type { Finding } from '../../src/core/finding.ts';

/** Where findings go. A sink never throws and never waits for something that may not come: the host goes on. */
export interface Sink {
  /** Takes a finding the moment it is made. */
  write(finding: Finding): void;
}
