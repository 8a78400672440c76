import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundle } from '../scripts/bundle.ts';

/** The package as it is published, for as long as a bench runs: a loader of TypeScript makes closures cost more. */
export class Built {
  // The packages that dept needs are found from inside the repository only; and what lies in node_modules is no program.
  readonly #all: string = mkdtempSync(fileURLToPath(new URL('../.bench-', import.meta.url)));
  readonly folder: string = join(this.#all, 'dist');
  /** For programs that use it, beside it as in a package. */
  readonly programs: string = join(this.#all, 'programs');

  static async make(): Promise<Built> {
    const built = new Built();
    await bundle(built.folder);
    // As the published one says; else Node would read each file twice to find out what it is.
    writeFileSync(join(built.#all, 'package.json'), JSON.stringify({ type: 'module' }));
    return built;
  }

  [Symbol.dispose](): void {
    rmSync(this.#all, { recursive: true, force: true });
  }
}
