import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ReportDocument } from '../../reports/document.ts';

/** A file for `--report` in a folder of its own; `using` removes it. */
export class FindingsFile implements Disposable {
  readonly #folder: string;
  readonly path: string;

  constructor() {
    this.#folder = mkdtempSync(join(tmpdir(), 'dept-e2e-'));
    this.path = join(this.#folder, 'findings.ndjson');
  }

  /** The lines so far, parsed. @throws SyntaxError for a line that is not JSON */
  read(): readonly ReportDocument[] {
    if (!existsSync(this.path)) return [];
    const lines = readFileSync(this.path, 'utf8').split('\n');
    return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as ReportDocument);
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
