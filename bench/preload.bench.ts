/**
 * What the preload costs a program that knows nothing of it: each program with and without, in turns, in processes of
 * their own.
 *
 *     node --conditions dept:source --import tsx bench/preload.bench.ts [--short] [--rounds N] [--json FILE]
 */
import { fork } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { postgresServer } from '../test/servers/postgres.ts';
import { Built } from './built.ts';
import { median } from './graph/timing.ts';
import { ask } from './preload/http-client.ts';
import { Table } from './table.ts';

type Mode = 'bare' | 'precise' | 'dynamic' | 'light';

interface Message {
  readonly value?: number;
  /** Where the program serves, and how many requests it wants. */
  readonly port?: number;
  readonly requests?: number;
}

const { values: options } = parseArgs({
  options: { short: { type: 'boolean' }, rounds: { type: 'string', default: '7' }, json: { type: 'string' } },
});
const ROUNDS = options.short ? 1 : Number(options.rounds);
const SHARE = options.short ? 0.02 : 1;
const PROGRAM = fileURLToPath(new URL('./preload/programs.mjs', import.meta.url));

using built = await Built.make();
await using server = await postgresServer();

/** What the program measures of itself. */
function measure(mode: Mode, workload: string, count: number): Promise<number> {
  const preload = mode === 'bare' ? [] : ['--import', join(built.folder, 'instrument/register.js')];
  const child = fork(PROGRAM, [workload, String(Math.ceil(count * SHARE)), String(server.address.port)], {
    execArgv: ['--expose-gc', ...preload],
    env: { ...process.env, ...(mode !== 'bare' && { DEPT_ATTRIBUTION: mode }) },
  });
  return new Promise((resolve, reject) => {
    child.on('message', (message: Message) => {
      if (message.value !== undefined) resolve(message.value);
      else void ask(message.port ?? 0, message.requests ?? 0).then(() => child.send({}));
    });
    child.on('exit', (code) => reject(new Error(`${workload} under ${mode} ended with ${code} and no figure`)));
  });
}

const table = new Table();

/** Median of the ratios of pairs taken in turns, so that a busy moment of the machine hits both. */
async function compare(workload: string, mode: Mode, count: number, goal: number, rounds = ROUNDS): Promise<void> {
  const pairs: [number, number][] = [];
  for (let i = 0; i < rounds; i++) {
    pairs.push([await measure(mode, workload, count), await measure('bare', workload, count)]);
  }
  const detail = `${median(pairs.map(([own]) => own)).toFixed(0)} ns / ${median(pairs.map(([, base]) => base)).toFixed(0)} ns`;
  table.add(`${workload}: ${mode} / bare`, median(pairs.map(([own, base]) => own / base)), 'x', goal, detail);
}

console.log(`Node ${process.version}, medians of ${ROUNDS} pairs of processes\n`);
for (const [mode, goal] of [
  ['dynamic', 1.05],
  ['light', 1.05],
  ['precise', 2.5],
] as const) {
  await compare('await null', mode, 2_000_000, goal);
}
await compare('async-mutex acquire', 'dynamic', 200_000, 1.3);
await compare('async-mutex acquire', 'precise', 200_000, 1.8);
await compare('HTTP app', 'precise', 10_000, 1.15);
await compare('HTTP app, warm', 'precise', 10_000, 1.15);
for (const workload of ['p-limit', 'p-queue', 'pg-pool']) {
  await compare(workload, 'precise', 4000, 1.1);
  await compare(`${workload}, warm`, 'precise', 4000, 1.1);
}
await startUp();
await heap();
table.write(options.json);

/** CPU time of a program that does nothing, from its start to its end. */
async function startUp(): Promise<void> {
  const cost = async (mode: Mode): Promise<number> => (await measure(mode, 'start-up', 1)) / 1e6;
  const pairs: [number, number][] = [];
  for (let i = 0; i < 3 * ROUNDS; i++) pairs.push([await cost('precise'), await cost('bare')]);
  const added = median(pairs.map(([own, base]) => own - base));
  table.add(
    'start-up: precise, CPU added',
    added,
    'ms',
    60,
    `bare ${median(pairs.map(([, base]) => base)).toFixed(0)} ms`,
  );
}

async function heap(): Promise<void> {
  const operations = 10_000_000;
  const grown = await measure('precise', 'heap over many locks', operations);
  table.add('heap growth over 10^7 locks: precise', grown / 1024, 'KiB', 1024, `${operations * SHARE} locks`);
}
