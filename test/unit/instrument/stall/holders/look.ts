// Run in a process of its own, with the folder of the programs: starts each, reads the heap once, and prints what it tells of
// who holds in each, and how dept's own objects refer to each other.
import { setImmediate as turn } from 'node:timers/promises';
import { takeHeapGraph } from '../../../../../instrument/heap/heap-graph.ts';
import { InspectorPlaces } from '../../../../../instrument/heap/inspector-places.ts';
import { MarkedHolds } from '../../../../../instrument/heap/marked-holds.ts';
import { caseOf, holderGoesOn } from '../../../../../instrument/holders/holder-cases.ts';
import { HolderLook } from '../../../../../instrument/holders/holder-look.ts';
import { install } from '../../../../../instrument/install.ts';
import { standIn } from '../../../../../instrument/patches/stand-in.ts';
import type { Wait } from '../../../../../src/core/wait.ts';
import { Mutex } from '../../../../../src/sync/index.ts';
import { hasCapturedStacks, ownReferences } from './references.ts';

const FILES = [
  'give-back.mjs',
  'give-back-aside.mjs',
  'start-aside.mjs',
  'ask-with-callbacks.mjs',
  'raise-limit.mjs',
  'ask-own-server.mjs',
  'close-server.mjs',
  'make-resources.mjs',
  'give-up.mjs',
];
const BUDGET_MS = 60_000;
/** More than any of the programs needs before it stands. */
const TURNS = 50;

const [folder = ''] = process.argv.slice(2);
const { waitsFor } = install({ precedesProgram: true });
const programOf = new Map<Wait, string>();
// Loaded here, so that their locks are watched.
const files: readonly Record<string, (dept: { Mutex: typeof Mutex }) => unknown>[] = await Promise.all(
  FILES.map((file) => import(`${folder}/${file}`)),
);
for (const [name, program] of files.flatMap((file) => Object.entries(file))) {
  await program({ Mutex });
  for (let turns = 0; turns < TURNS; turns++) await turn();
  for (const wait of waitsFor.open) if (!programOf.has(wait)) programOf.set(wait, name);
}
waitsFor.confirm(false);
const circles = [...waitsFor.lasting].map((wait) => waitsFor.circleOf(wait) ?? []);
const steps = circles.flat();
const stuck = waitsFor.stuckIn(circles);
const marked = new MarkedHolds(steps, stuck);
/** The function that it calls is known to it alone. */
const asked: () => unknown = standIn(
  () => undefined,
  function answering() {
    return asked;
  },
);
const heap = takeHeapGraph();
const look = new HolderLook(heap, new InspectorPlaces(BUDGET_MS), marked, stuck);
const limited = new Set<string>();
const found = new Map<string, [string, boolean][]>();
for (const step of steps) {
  const seen = look.at(step);
  const program = programOf.get(step.wait) ?? 'none';
  const cases = found.get(program) ?? [];
  found.set(program, cases);
  cases.push([caseOf(seen).name, holderGoesOn(seen)]);
  if (seen.isLimited) limited.add(program);
}
console.log(
  JSON.stringify({
    cases: Object.fromEntries(found),
    limited: [...limited].sort(),
    references: ownReferences(heap),
    hasCapturedStacks: hasCapturedStacks(heap),
  }),
);
process.exit();
