// Run in a process of its own, with the folder of the programs: starts each, reads the heap once, and prints in which of them what
// somebody waits for is abandoned.
import { setImmediate as turn } from 'node:timers/promises';
import { abandonedWaits } from '../../../../../instrument/holders/abandoned-waits.ts';
import { install } from '../../../../../instrument/install.ts';
import type { Wait } from '../../../../../src/core/wait.ts';

const BUDGET_MS = 60_000;
/** More than any of the programs needs before it stands. */
const TURNS = 50;

const [folder = '', ...files] = process.argv.slice(2);
const { waitsFor } = install({ precedesProgram: true });
const programOf = new Map<Wait, string>();
// Loaded here, so that their pools are watched.
const programs: readonly Record<string, () => Promise<void>>[] = await Promise.all(
  files.map((file) => import(`${folder}/${file}`)),
);
for (const [name, program] of programs.flatMap((file) => Object.entries(file))) {
  await program();
  for (let turns = 0; turns < TURNS; turns++) await turn();
  for (const wait of waitsFor.open) if (!programOf.has(wait)) programOf.set(wait, name);
}
const abandoned = abandonedWaits(
  waitsFor.stepsFrom(() => true),
  BUDGET_MS,
);
const namesOf = (waits: Iterable<Wait>): readonly string[] => [...waits].map((wait) => programOf.get(wait) ?? 'none');
console.log(JSON.stringify({ standing: namesOf(waitsFor.open), abandoned: namesOf(abandoned) }));
process.exit();
