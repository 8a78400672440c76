// One measurement in a process of its own: node program.ts MODE WORKLOAD COUNT. Prints CPU nanoseconds an operation.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { median } from '../graph/timing.ts';

/** Of a measurement: each is long enough for a clock of microseconds. */
const WINDOWS = 20;

const [, , mode = 'bare', name = '', count = '100000'] = process.argv;
const dist = process.env['DEPT_BENCH_DIST'] ?? '';
const dept = (await import(pathToFileURL(join(dist, 'src/index.js')).href)) as typeof import('dept');
const operations = Number(count);
const installation = mode === 'bare' ? null : dept.install({ attribution: mode as 'precise' });
const { workloadsWith } = await import('./workloads.ts');
const workload = workloadsWith(dept, installation !== null)[name]?.();
if (workload === undefined) throw new Error(`no workload ${name}`);

// Many short calls: one that awaits runs on in the code it was compiled to when it began.
const window = operations / WINDOWS;
for (let i = 0; i < WINDOWS; i++) await workload(window); // classes, stacks and dependencies are learnt here
if (installation !== null && name !== 'await null' && installation.session.classes.keyCount === 0) {
  throw new Error(`${name} is not instrumented`);
}
const captures = countCaptures();
const samples: number[] = [];
for (let i = 0; i < 3 * WINDOWS; i++) {
  const before = process.cpuUsage();
  await workload(window);
  const { user, system } = process.cpuUsage(before);
  samples.push(((user + system) * 1000) / window);
}
console.log(JSON.stringify({ ns: median(samples), captures: captures() }));
installation?.uninstall();

/** Stacks captured from here on, by anybody. */
function countCaptures(): () => number {
  const original = Error.captureStackTrace;
  let captured = 0;
  Error.captureStackTrace = (target, below) => {
    captured++;
    original(target, below);
  };
  return () => captured;
}
