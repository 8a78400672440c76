// One measurement in a process of its own: node program.ts MODE WORKLOAD COUNT. Prints CPU nanoseconds an operation.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promiseHooks } from 'node:v8';
import { quantile } from '../graph/timing.ts';

/** Modes without dept: what V8 takes for two promise hooks that do nothing, and for ever after they were taken off. */
const EMPTY_HOOKS = ['hooks', 'after hooks'];
/** Of a measurement: each is long enough for a clock of microseconds. */
const WINDOWS = 20;

const [, , mode = 'bare', name = '', count = '100000'] = process.argv;
const dist = process.env['DEPT_BENCH_DIST'] ?? '';
const dept = (await import(pathToFileURL(join(dist, 'src/index.js')).href)) as typeof import('dept');
const operations = Number(count);
const isBare = mode === 'bare' || EMPTY_HOOKS.includes(mode);
const installation = isBare ? null : dept.install({ attribution: mode as 'precise' });
const { workloadsWith } = await import('./workloads.ts');
const workload = workloadsWith(dept, installation !== null)[name]?.();
if (workload === undefined) throw new Error(`no workload ${name}`);

if (EMPTY_HOOKS.includes(mode)) {
  const takeOff = promiseHooks.createHook({ init() {}, before() {} });
  await workload(operations / WINDOWS);
  if (mode === 'after hooks') takeOff();
}

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
// What else the machine does only ever adds.
console.log(JSON.stringify({ ns: quantile(samples, 0.1), captures: captures() }));
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
