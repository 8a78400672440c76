/**
 * What a report costs a program that is shipped with a source map: 4 dependencies, 8 stacks of 16 frames. The first one of a
 * process, from the finding on, and the others.
 *
 *     node --conditions dept:source --import tsx bench/report.bench.ts [--short] [--json FILE]
 */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { Built } from './built.ts';
import { median } from './graph/timing.ts';
import { Table } from './table.ts';

const { values: options } = parseArgs({ options: { short: { type: 'boolean' }, json: { type: 'string' } } });
const PROCESSES = options.short ? 1 : 9;
const REPORTS = options.short ? '20' : '500';

using built = await Built.make();
const program = join(built.programs, 'program.mjs');
await build({
  entryPoints: [fileURLToPath(new URL('./report/program.ts', import.meta.url))],
  outfile: program,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  sourcemap: true,
});

const samples = Array.from(
  { length: PROCESSES },
  () =>
    JSON.parse(execFileSync(process.execPath, [program, REPORTS, built.folder], { encoding: 'utf8' })) as {
      readonly firstMs: number;
      readonly warmMs: number;
    },
);
const table = new Table();
table.add(
  'first report of the process, maps loaded on the way',
  median(samples.map(({ firstMs }) => firstMs)),
  'ms',
  50,
  `median of ${PROCESSES} processes`,
);
table.add(
  'report, warm',
  median(samples.map(({ warmMs }) => warmMs)),
  'ms CPU',
  1,
  '4 dependencies, 8 stacks of 16 frames',
);
table.write(options.json);
