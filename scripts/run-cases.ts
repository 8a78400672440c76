// Runs the kernel cases of test/models/cases and prints one line each.
//   npm run cases                  all
//   npm run cases -- STF-02 LIFE   those whose id begins with one of the words
// `before` is the documented behaviour without the fix, `after` the one with it; `-` where a case has no before.
import { KERNEL_CASES } from '../test/models/cases/index.ts';
import type { KernelCase } from '../test/models/cases/kernel-case.ts';

interface Row {
  readonly id: string;
  readonly title: string;
  readonly before: string;
  readonly after: string;
  readonly problems: readonly string[];
}

async function attempt(run: (() => Promise<void> | void) | undefined, problems: string[]): Promise<string> {
  if (run === undefined) return '-';
  try {
    await run();
    return 'ok';
  } catch (error) {
    problems.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
    return 'FAIL';
  }
}

async function rowOf({ id, title, before, fixed }: KernelCase): Promise<Row> {
  const problems: string[] = [];
  const row = { id, title, before: await attempt(before, problems), after: await attempt(fixed, problems) };
  return { ...row, problems };
}

function line(cells: readonly string[], widths: readonly number[]): string {
  return cells
    .map((cell, column) => cell.padEnd(widths[column] ?? 0))
    .join('  ')
    .trimEnd();
}

const words = process.argv.slice(2);
const chosen = KERNEL_CASES.filter(({ id }) => words.length === 0 || words.some((word) => id.startsWith(word)));
const rows: Row[] = [];
for (const kernelCase of chosen) rows.push(await rowOf(kernelCase));

const widths = [Math.max(8, ...rows.map(({ id }) => id.length)), 6, 6, 8];
console.log(line(['id', 'before', 'after', 'verdict', 'title'], widths));
for (const { id, title, before, after, problems } of rows) {
  console.log(line([id, before, after, problems.length === 0 ? 'pass' : 'FAIL', title], widths));
}
const failed = rows.filter(({ problems }) => problems.length > 0);
for (const { id, problems } of failed) for (const problem of problems) console.error(`\n${id}: ${problem}`);
console.log(`${rows.length - failed.length} passed, ${failed.length} failed`);
if (failed.length > 0) process.exitCode = 1;
if (chosen.length === 0) {
  console.error(`no case has an id that begins with ${words.join(', ')}`);
  process.exitCode = 1;
}
