import { writeFileSync } from 'node:fs';
import { exportClassGraph } from '../src/core/class-graph-export.ts';
import { commonGates } from '../src/tracker/common-gates.ts';
import type { Installation } from './install.ts';

/** Writes the class graph when the process ends. A file that cannot be written is said on stderr and changes nothing. */
export function writeGraphAtExit({ tracker }: Installation, path: string): void {
  process.once('exit', () => {
    try {
      writeFileSync(path, `${JSON.stringify(exportClassGraph(tracker.store, commonGates(tracker.store)))}\n`);
    } catch (error) {
      process.stderr.write(`dept: cannot write the class graph to ${path} (${(error as Error).message}).\n`);
    }
  });
}
