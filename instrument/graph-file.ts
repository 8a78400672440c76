import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { exportClassGraph } from '../src/core/class-graph-export.ts';
import { commonGates } from '../src/tracker/common-gates.ts';
import { Statistics } from '../src/tracker/statistics.ts';
import type { Installation } from './install.ts';
import { monotonicMs } from './process/monotonic-clock.ts';

/**
 * Writes the class graph when the process ends, with the statistics of its classes as the graph's own value. A file that
 * cannot be written is said on stderr and changes nothing.
 */
export function writeGraphAtExit({ session, tracker }: Installation, file: string): void {
  const path = resolve(file); // now: the program may change its folder
  const statistics = new Statistics({ clock: monotonicMs });
  session.addObserver(statistics);
  process.once('exit', () => {
    try {
      const graph = {
        ...exportClassGraph(tracker.store, commonGates(tracker.store)),
        value: { statistics: statistics.read() },
      };
      writeFileSync(path, `${JSON.stringify(graph)}\n`);
    } catch (error) {
      process.stderr.write(`dept: cannot write the class graph to ${path} (${(error as Error).message}).\n`);
    }
  });
}
