import type { Finding } from '../../src/core/finding.ts';
import type { Sink } from './sink.ts';

/** Keeps findings, for tests and for programs that look at them themselves. */
export class MemorySink implements Sink {
  readonly #findings: Finding[] = [];

  /** Findings so far, in order. */
  get findings(): readonly Finding[] {
    return this.#findings;
  }

  write(finding: Finding): void {
    this.#findings.push(finding);
  }

  clear(): void {
    this.#findings.length = 0;
  }
}
