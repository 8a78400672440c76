// Run in a process of its own, with the folder of the programs: starts each, reads the heap, and prints which programs may stand
// because they wait for their own queue, and which certainly do.
import { setImmediate as turn } from 'node:timers/promises';
import { keptByQueues } from '../../../../../instrument/holders/queued-waits.ts';
import { install } from '../../../../../instrument/install.ts';
import type { Wait } from '../../../../../src/core/wait.ts';

const FILES = ['stand.mjs', 'go-on.mjs'];
const BUDGET_MS = 60_000;
/** More than any of the programs needs before it waits. */
const TURNS = 200;

const [folder = ''] = process.argv.slice(2);
const { waitsFor, findings } = install({ precedesProgram: true });
const programOf = new Map<Wait, string>();
// Loaded here, so that their queues are watched.
const files: readonly Record<string, () => unknown>[] = await Promise.all(
  FILES.map((file) => import(`${folder}/${file}`)),
);
for (const [name, program] of files.flatMap((file) => Object.entries(file))) {
  await program();
  for (let turns = 0; turns < TURNS; turns++) await turn();
  for (const wait of waitsFor.open) if (!programOf.has(wait)) programOf.set(wait, name);
}
const named = (waits: Iterable<Wait>): readonly string[] =>
  [...new Set([...waits].map((wait) => programOf.get(wait) ?? 'none'))].sort();
const circles = waitsFor.queuedCircles(() => true);
const asked = named(circles.steps().map(({ wait }) => wait));
const steps = keptByQueues(circles, BUDGET_MS);
const kept = named(steps.map(({ wait }) => wait));
const before = findings.length;
waitsFor.keep(steps);
const told = findings
  .slice(before)
  .map(({ code, circle }) => `${code} ${circle.map(({ to }) => to.key.name).join(' ')}`);
console.log(JSON.stringify({ asked, kept, told }));
process.exit();
