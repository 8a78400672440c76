import { existsSync, readFileSync } from 'node:fs';
import type { TallyLine } from '../instrument/tally.ts';
import { amount, type SuppressionFile } from './suppression-file.ts';

/** What was found in all processes of a run, each finding once. */
export class RunOutcome {
  readonly #found = new Map<string, TallyLine>();

  /** @param tally the file that processes below have appended to; missing when nothing was found */
  constructor(tally: string) {
    if (!existsSync(tally)) return;
    for (const text of readFileSync(tally, 'utf8').split('\n')) {
      if (text === '') continue;
      const line = JSON.parse(text) as TallyLine;
      this.#found.set(line.fingerprint, line);
    }
  }

  get findings(): readonly TallyLine[] {
    return [...this.#found.values()].filter(({ suppressed }) => !suppressed);
  }

  /** One sentence, or null when there is nothing to say. */
  summary(): string | null {
    const all = this.#found.size;
    const fresh = this.findings.length;
    if (all === 0) return null;
    if (fresh === all) return `${amount(fresh, 'finding')}.`;
    return `${fresh === 0 ? 'no new finding' : amount(fresh, 'new finding')}, ${all - fresh} suppressed.`;
  }

  /** Every finding from now on suppressed for this reason. @returns what was done */
  suppressAll(file: SuppressionFile, reason: string): readonly string[] {
    return file.change({ add: { findings: this.findings, reason } });
  }

  /** Suppressions of what was not found in this run are stale. @returns what was done */
  prune(file: SuppressionFile): readonly string[] {
    return file.change({ keepOnly: new Set(this.#found.keys()) });
  }
}
