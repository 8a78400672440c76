// Built with a source map and run without a loader: what a report costs a program. Prints what it measured as JSON.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Finding, NodeStacks as Stacks } from 'dept';
import type * as Reports from 'dept/reports';
import type * as Tracker from 'dept/tracker';
import { LOCK } from '../../src/core/how.ts';
import type { TrackedObject } from '../../src/core/tracked-object.ts';

const [, , rounds = '500', dist = ''] = process.argv;
const load = async <T>(file: string): Promise<T> => (await import(pathToFileURL(join(dist, file)).href)) as T;
const { NodeStacks } = await load<{ NodeStacks: typeof Stacks }>('src/index.js');
const { formatReport } = await load<typeof Reports>('reports/index.js');
const { DeptTracker, Session } = await load<typeof Tracker>('src/tracker/index.js');

function deep(levels: number, run: () => void): void {
  if (levels === 0) run();
  else deep(levels - 1, run);
}

/** A circle of four dependencies, whose eight stacks have sixteen frames. */
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

const ring = ringOf4();
const found = performance.now();
const text = formatReport(ring);
const firstMs = performance.now() - found;
if (!text.includes('program.ts:')) throw new Error('no place of the report is mapped');
const findings = Array.from({ length: Number(rounds) }, ringOf4);
const before = process.cpuUsage();
for (const finding of findings) formatReport(finding);
const { user, system } = process.cpuUsage(before);
console.log(JSON.stringify({ firstMs, warmMs: (user + system) / 1000 / findings.length }));
