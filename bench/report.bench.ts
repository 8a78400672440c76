/**
 * What a report costs once its source maps are warm: 4 dependencies, 8 stacks of 16 frames.
 *
 *     node --conditions dept:source --import tsx bench/report.bench.ts [--short] [--json FILE]
 */
import { parseArgs } from 'node:util';
import { type Finding, NodeStacks } from 'dept';
import { formatReport } from 'dept/reports';
import { DeptTracker, Session } from 'dept/tracker';
import { LOCK } from '../src/core/how.ts';
import type { TrackedObject } from '../src/core/tracked-object.ts';
import { Table } from './table.ts';

const { values: options } = parseArgs({ options: { short: { type: 'boolean' }, json: { type: 'string' } } });
const ROUNDS = options.short ? 20 : 500;
const table = new Table();

function deep(levels: number, run: () => void): void {
  if (levels === 0) run();
  else deep(levels - 1, run);
}

function ringOf4(): Finding {
  const session = new Session({ stacks: new NodeStacks(16) });
  let found: Finding | null = null;
  session.addObserver(
    new DeptTracker(session, {
      onFinding: (finding) => {
        found = finding;
      },
    }),
  );
  const locks = ['A', 'B', 'C', 'D'].map((name) => session.object({ kind: 'mutex', name }));
  locks.forEach((outer, i) => {
    deep(16, () => {
      const context = session.exactContext(`context ${i}`);
      const held = session.granted(session.wait(outer, LOCK, null, context));
      session.exit(session.granted(session.wait(locks[(i + 1) % 4] as TrackedObject, LOCK, null, context)), context);
      session.exit(held, context);
    });
  });
  if (found === null) throw new Error('the ring was not found');
  return found;
}

const first = performance.now();
formatReport(ringOf4());
table.add('first report of the process, maps loaded on the way', performance.now() - first, 'ms', 50);
const findings = Array.from({ length: ROUNDS }, ringOf4);
const before = process.cpuUsage();
for (const finding of findings) formatReport(finding);
const { user, system } = process.cpuUsage(before);
table.add('report, warm', (user + system) / 1000 / ROUNDS, 'ms CPU', 1, '4 dependencies, 8 stacks of 16 frames');
table.write(options.json);
