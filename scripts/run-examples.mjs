// Runs examples/NN-*.ts from source and compares what each prints with examples/golden/NN-*.txt.
//   npm run examples                  all
//   npm run examples -- 03 abba       those whose name contains one of the words
//   npm run examples -- --update      rewrite the golden files
// An example must exit with 0, or with N if its source has a line `// exit code: N`.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

const TIMEOUT_MS = 60_000;
const EXAMPLE = /^\d\d-[a-z0-9-]+\.ts$/;

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const examplesDir = join(root, 'examples');
const goldenDir = join(examplesDir, 'golden');

const { values, positionals } = parseArgs({
  options: { update: { type: 'boolean', default: false } },
  allowPositionals: true,
});

const listed = (dir) => (existsSync(dir) ? readdirSync(dir).sort() : []);
const goldenPath = (example) => join(goldenDir, example.replace(/\.ts$/, '.txt'));

// The user's settings must not leak into the golden files.
function cleanEnvironment() {
  const env = { ...process.env, NO_COLOR: '1', TZ: 'UTC' };
  for (const name of Object.keys(env)) {
    if (name.startsWith('DEPT_') || name === 'FORCE_COLOR' || name === 'NODE_OPTIONS' || name === 'GITHUB_ACTIONS') {
      delete env[name];
    }
  }
  return env;
}

function normalise(text) {
  return text.replaceAll('\r\n', '\n').replaceAll(pathToFileURL(root).href, 'file://<root>').replaceAll(root, '<root>');
}

function expectedExitCode(example) {
  const source = readFileSync(join(examplesDir, example), 'utf8');
  return Number(/^\/\/ exit code: (\d+)\s*$/m.exec(source)?.[1] ?? 0);
}

function run(example) {
  return new Promise((resolve) => {
    const child = spawn(
      process.execPath,
      ['--conditions', 'dept:source', '--import', 'tsx', join('examples', example)],
      { cwd: root, env: cleanEnvironment(), stdio: ['ignore', 'pipe', 'pipe'] },
    );
    const output = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr']) {
      child[name].setEncoding('utf8').on('data', (chunk) => {
        output[name] += chunk;
      });
    }
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      child.kill('SIGKILL');
    }, TIMEOUT_MS);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      resolve({ stdout: normalise(output.stdout), stderr: normalise(output.stderr), code, signal, timedOut });
    });
  });
}

function firstDifference(expected, actual) {
  const want = expected.split('\n');
  const got = actual.split('\n');
  const at = want.findIndex((line, index) => line !== got[index]);
  const index = at === -1 ? want.length : at;
  const show = (line) => (line === undefined ? '(end of output)' : line);
  return `line ${index + 1} differs\n    golden: ${show(want[index])}\n    actual: ${show(got[index])}`;
}

function judge(example, result) {
  if (result.timedOut) return `still running after ${TIMEOUT_MS} ms`;
  const exitCode = expectedExitCode(example);
  if (result.code !== exitCode) {
    return `exit ${result.signal ?? result.code}, expected ${exitCode}\n${result.stderr.trimEnd()}`;
  }
  const golden = goldenPath(example);
  if (values.update) {
    mkdirSync(goldenDir, { recursive: true });
    writeFileSync(golden, result.stdout);
    return undefined;
  }
  if (!existsSync(golden)) return 'no golden file: run `npm run examples -- --update` and read what it wrote';
  const expected = readFileSync(golden, 'utf8').replaceAll('\r\n', '\n');
  return expected === result.stdout ? undefined : firstDifference(expected, result.stdout);
}

const all = listed(examplesDir).filter((name) => EXAMPLE.test(name));
const chosen = positionals.length === 0 ? all : all.filter((name) => positionals.some((word) => name.includes(word)));
let passed = 0;
let failed = 0;

function report(name, problem) {
  if (problem === undefined) passed += 1;
  else failed += 1;
  console.log(problem === undefined ? `pass ${name}` : `FAIL ${name}: ${problem}`);
}

const queue = chosen.entries();
const results = [];
async function worker() {
  for (const [index, example] of queue) results[index] = await run(example);
}
await Promise.all(Array.from({ length: Math.min(4, availableParallelism()) }, worker));
chosen.forEach((example, index) => {
  report(example, judge(example, results[index]));
});

for (const name of listed(examplesDir).filter((entry) => entry.endsWith('.ts') && !EXAMPLE.test(entry))) {
  report(name, 'not named NN-<noun>.ts, so it would never run');
}
const known = new Set(all.map((name) => name.replace(/\.ts$/, '.txt')));
for (const name of listed(goldenDir).filter((entry) => !known.has(entry))) {
  if (values.update) rmSync(join(goldenDir, name));
  else report(`golden/${name}`, 'no example prints this');
}

if (positionals.length > 0 && chosen.length === 0) {
  console.error(`no example matches ${positionals.join(', ')}`);
  process.exitCode = 1;
} else if (all.length === 0) {
  console.log('no example present');
}
console.log(`${passed} passed, ${failed} failed`);
if (failed > 0) process.exitCode = 1;
