// One measurement in a process of its own: node program.ts MODE WORKLOAD COUNT. Prints CPU nanoseconds an operation.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [, , mode = 'bare', name = '', count = '100000'] = process.argv;
const dist = process.env['DEPT_BENCH_DIST'] ?? '';
const dept = (await import(pathToFileURL(join(dist, 'src/index.js')).href)) as typeof import('dept');
const operations = Number(count);
const installation = mode === 'bare' ? null : dept.install({ attribution: mode as 'precise' });
const { workloadsWith } = await import('./workloads.ts');
const workload = workloadsWith(dept, installation !== null)[name]?.();
if (workload === undefined) throw new Error(`no workload ${name}`);

await workload(operations / 4); // warms up: classes, stacks and dependencies are learnt here
const captures = countCaptures();
const rounds: number[] = [];
for (let i = 0; i < 5; i++) {
  const before = process.cpuUsage();
  await workload(operations);
  const { user, system } = process.cpuUsage(before);
  rounds.push(((user + system) * 1000) / operations);
}
rounds.sort((a, b) => a - b);
console.log(JSON.stringify({ ns: rounds[2], captures: captures() }));
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
