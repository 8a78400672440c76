import { writeFileSync } from 'node:fs';
import type { Sink } from '../reports/sinks/sink.ts';

/** Leaves an empty file at the first finding that is more than a notice; whoever asked for it looks for it at the end. */
export function tallySink(path: string): Sink {
  let isThere = false;
  return {
    write(finding) {
      if (isThere || finding.kind === 'notice') return;
      isThere = true;
      try {
        writeFileSync(path, '');
      } catch {
        // A process that outlives the one that asked finds the folder gone: nobody looks any more.
      }
    },
  };
}
