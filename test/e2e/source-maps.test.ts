import { readFileSync } from 'node:fs';
import { transformSync } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ReportDocument } from '../../reports/document.ts';
import { parseReportLine } from '../../reports/parse-report.ts';
import { SourceFiles } from '../../reports/source/source-files.ts';
import { formatPretty } from '../../reports/text/pretty.ts';
import type { Frame } from '../../src/core/stack.ts';
import { RECORDED_ABBA } from '../unit/reports/five-findings.ts';
import { runDept, runNode } from './child.ts';
import { FindingsFile } from './findings-file.ts';
import { Project } from './project.ts';

const TIMEOUT_MS = 60_000;
const SOURCE = 'src/lucky-abba.ts';
/** The lines of lucky-abba.ts: of [S], [W], [E] of each context. */
const PLACES = ['20:37', '21:20', '22:3', '14:20', '15:23', '14:20'];

/** Places in reading order. */
function placesOf(report: ReportDocument | undefined): readonly (string | null)[] {
  return (report?.contexts ?? []).flatMap(({ S, W, E }) => [S.site, W.site, E.site]);
}

let project: Project;
beforeAll(async () => {
  project = await Project.create(['lucky-abba.ts']);
  project.compile('lucky-abba', 'linked', 'linked');
  project.compile('lucky-abba', 'inline', 'inline');
  project.compile('lucky-abba', 'plain', 'none');
  await project.bundle('lucky-abba', 'bundle');
}, TIMEOUT_MS);
afterAll(() => project[Symbol.dispose]());

/** Runs the program as users do, with the published form of dept preloaded. */
async function finding(...args: readonly string[]): Promise<ReportDocument | undefined> {
  using findings = new FindingsFile();
  const env = { DEPT_REPORT: findings.path, DEPT_PRINT: '0' };
  const ended = await runNode(args, { cwd: project.folder, env });
  expect(ended).toMatchObject({ code: 0, stdout: '' });
  const [report, ...others] = findings.read();
  expect(others).toEqual([]);
  return report;
}

const PRELOAD = ['--import', 'dept/register'];
const STRIPS_TYPES = Boolean((process.features as { typescript?: unknown }).typescript);

describe.concurrent('places are those of the TypeScript source', { timeout: TIMEOUT_MS }, () => {
  test.for([
    ['compiled, with source maps', [...PRELOAD, 'dist/linked.js']],
    ['compiled, with inline source maps', [...PRELOAD, 'dist/inline.js']],
    ['compiled, with --enable-source-maps', ['--enable-source-maps', ...PRELOAD, 'dist/linked.js']],
    ['bundled and minified', [...PRELOAD, 'dist/bundle.js']],
    ['bundled and minified, with --enable-source-maps', ['--enable-source-maps', ...PRELOAD, 'dist/bundle.js']],
    ['through tsx', ['--import', 'tsx', ...PRELOAD, SOURCE]],
    ['through tsx, dept first', [...PRELOAD, '--import', 'tsx', SOURCE]],
    ...(STRIPS_TYPES ? [['with the types stripped by Node', [...PRELOAD, SOURCE]] as const] : []),
  ] as const)('%s', async ([_how, args], { expect: check }) => {
    const report = await finding(...args);
    check(placesOf(report)).toEqual(PLACES.map((place) => `${SOURCE}:${place}`));
    check(report?.classes.map(({ name, site }) => [name, site])).toEqual([
      ['shop.ledger:0', `${SOURCE}:15:23`],
      ['shop.stock:0', `${SOURCE}:14:20`],
    ]);
  });

  test('the fingerprint does not depend on how the program was compiled', async ({ expect: check }) => {
    const ways = [['dist/linked.js'], ['dist/bundle.js'], ['--import', 'tsx', SOURCE]];
    const reports = await Promise.all(ways.map((args) => finding(...PRELOAD, ...args)));
    check(new Set(reports.map((report) => report?.fingerprint)).size).toBe(1);
  });

  test.for([
    ['dist/plain.js', []],
    ['dist/linked.js', ['source-map-support', 'source-map']],
  ] as const)(
    'what reads maps is loaded only for a program that names one: %s',
    async ([file, loaded], { expect: check }) => {
      const tell = `import { createRequire } from 'node:module';
      process.on('exit', () => {
        const folders = Object.keys(createRequire('/').cache).map((path) => /.*node_modules.(source-map[^/\\\\]*)/.exec(path)?.[1]);
        console.log(JSON.stringify([...new Set(folders)].filter(Boolean)));
      });`;
      const before = ['--import', `data:text/javascript,${encodeURIComponent(tell)}`];
      const ended = await runNode([...PRELOAD, ...before, file], { cwd: project.folder, env: { DEPT_PRINT: '0' } });
      check(ended).toMatchObject({ code: 0, stderr: '' });
      check(JSON.parse(ended.stdout)).toEqual(loaded);
    },
  );

  test('without a source map, those of the file that runs', async ({ expect: check }) => {
    const lines = readFileSync(project.path('dist/plain.js'), 'utf8').split('\n');
    const places = placesOf(await finding(...PRELOAD, 'dist/plain.js'));
    const calls = places.map((place) => {
      const [file, line, column] = (place ?? '').split(':');
      check(file).toBe('dist/plain.js');
      return /^\w+/.exec(lines[Number(line) - 1]?.slice(Number(column) - 1) ?? '')?.[0];
    });
    check(calls).toEqual(['acquire', 'runExclusive', 'release', 'runExclusive', 'runExclusive', 'runExclusive']);
  });
});

describe.concurrent('a minified program', { timeout: TIMEOUT_MS }, () => {
  test('is one line, and its functions have the names of the source', async ({ expect: check }) => {
    const code = readFileSync(project.path('dist/bundle.js'), 'utf8');
    check(code).not.toMatch(/placeOrder|refundOrder/);
    check(code.trim().split('\n').slice(0, -1)).toHaveLength(1);
    const report = await finding(...PRELOAD, 'dist/bundle.js');
    check(report?.message).toBe('refundOrder and placeOrder can wait for each other for ever.');
    check(report?.contexts.map(({ W }) => W.stack[0]?.function)).toEqual(['refundOrder', null]);
  });

  test('has the lines of its source in the report', async ({ expect: check }) => {
    const report = await finding(...PRELOAD, 'dist/bundle.js');
    const { finding: read } = parseReportLine(JSON.stringify(report));
    const text = formatPretty(read, { source: new SourceFiles(project.folder) });
    check(text).toContain(
      '21 |   await shop.stock.runExclusive(async () => undefined);\n   |                    ^ waits here',
    );
    check(text).toContain('15 |     await shop.ledger.runExclusive(async () => undefined);\n');
  });
});

test('a program that is shipped without its sources has names and code from its source map', {
  timeout: TIMEOUT_MS,
}, async () => {
  const whole = await finding(...PRELOAD, 'dist/bundle.js');
  for (const file of ['dist/bundle.js', 'dist/bundle.js.map']) {
    project.write(`shipped/${file}`, readFileSync(project.path(file), 'utf8'));
  }
  project.write('shipped/package.json', '{ "name": "shop", "type": "module" }');
  const cwd = project.path('shipped');
  const { stderr } = await runNode([...PRELOAD, 'dist/bundle.js'], { cwd, env: { DEPT_FORMAT: 'pretty' } });
  expect(stderr).toMatch(/^refundOrder and placeOrder can wait/);
  expect(stderr).toContain('--> src/lucky-abba.ts:21:20\n');
  expect(stderr).toContain('\n21 |   await shop.stock.runExclusive(async () => undefined);\n');
  expect(stderr).toContain(`DEPT001 error ${whole?.fingerprint} `);
});

test.for([
  ['with --enable-source-maps', ['--enable-source-maps']],
  // It writes anew, with a map, what has an import() of its own: that took 40 MB and a quarter of a second.
  ['with the loader of tsx first', ['--import', 'tsx']],
] as const)('%s, Node reads no source maps of the preload', { timeout: TIMEOUT_MS }, async ([, before]) => {
  const program = [
    "import { readdirSync } from 'node:fs';",
    "import { findSourceMap } from 'node:module';",
    "import { fileURLToPath } from 'node:url';",
    "const pathOf = (url) => fileURLToPath(new URL(url, import.meta.resolve('dept/register')));",
    "const chunks = readdirSync(pathOf('../chunks')).filter((name) => name.endsWith('.js')).map((name) => '../chunks/' + name);",
    "const files = ['register.js', '../src/index.js', ...chunks].map(pathOf);",
    'console.log(files.length > 5, files.filter((file) => findSourceMap(file) !== undefined));',
  ];
  project.write('maps.mjs', program.join('\n'));
  const ended = await runNode([...before, ...PRELOAD, 'maps.mjs'], { cwd: project.folder });
  expect(ended).toMatchObject({ code: 0, stdout: 'true []\n' });
});

describe('a package whose source maps lead out of it', { timeout: TIMEOUT_MS }, () => {
  const PROGRAM = [
    "import { Shelf } from 'shelf';",
    'const [high, low] = [new Shelf(), new Shelf()];',
    'const stock = () => high.take(async () => low.take(async () => undefined));',
    'const clear = () => low.take(async () => high.take(async () => undefined));',
    'await stock();',
    'await clear();',
  ];

  beforeAll(() => {
    const { code, map } = transformSync(
      "import { Mutex } from 'async-mutex';\nexport class Shelf {\n  lock = new Mutex();\n  take<T>(task: () => Promise<T>) {\n    return this.lock.runExclusive(task);\n  }\n}\n",
      // Built in a folder above the package, as those are that are published out of their build folder.
      { loader: 'ts', sourcefile: '../../../src/shelf.ts', sourcemap: 'external' },
    );
    project.write('node_modules/shelf/package.json', '{ "name": "shelf", "type": "module", "exports": "./shelf.js" }');
    project.write('node_modules/shelf/shelf.js', `${code}//# sourceMappingURL=shelf.js.map\n`);
    project.write('node_modules/shelf/shelf.js.map', map);
    project.write('shelves.mjs', PROGRAM.join('\n'));
  });

  test.for([
    ['as it is', PRELOAD],
    ['with --enable-source-maps', ['--enable-source-maps', ...PRELOAD]],
    ['through tsx', ['--import', 'tsx', ...PRELOAD]],
  ] as const)('is no code of the program: %s', async ([, args], { expect: check }) => {
    const report = await finding(...args, 'shelves.mjs');
    check(report?.message).toBe('clear and stock can wait for each other for ever.');
    const frames = (report?.contexts ?? []).flatMap(({ S, W, E }) => [S, W, E].flatMap(({ stack }) => stack));
    check(new Set(frames.map(({ file }) => file))).toEqual(new Set(['shelves.mjs']));
  });
});

test('a package that is in the bundle of the program is no code of it', { timeout: TIMEOUT_MS }, async () => {
  const crate = [
    "import { Mutex } from 'async-mutex';",
    'export class Crate {',
    '  lock = new Mutex();',
    '  take(task) { return this.lock.runExclusive(task); }',
    '}',
  ];
  project.write('node_modules/crate/package.json', '{ "name": "crate", "type": "module", "exports": "./crate.js" }');
  project.write('node_modules/crate/crate.js', crate.join('\n'));
  const program = [
    "import { Crate } from 'crate';",
    'const [big, small] = [new Crate(), new Crate()];',
    'const fill = () => big.take(async () => small.take(async () => undefined));',
    'const spill = () => small.take(async () => big.take(async () => undefined));',
    'await fill();',
    'await spill();',
  ];
  project.write('src/crates.ts', program.join('\n'));
  await project.bundle('crates', 'crates', ['async-mutex']);
  const report = await finding(...PRELOAD, 'dist/crates.js');
  const frames = (report?.contexts ?? []).flatMap(({ S, W, E }) => [S, W, E].flatMap(({ stack }) => stack));
  expect(new Set(frames.map(({ file }) => file))).toEqual(new Set(['src/crates.ts']));
});

test('vitest: a finding of a test file is at the lines of that file', { timeout: TIMEOUT_MS }, async () => {
  project.write('setup.ts', "import { install } from 'dept';\nglobalThis.installed = install();\n");
  project.write('vitest.config.js', "export default { test: { setupFiles: ['./setup.ts'] } };\n");
  const places = 'globalThis.installed.findings[0].circle.map(({ wait }) => wait.stack.frames[0])';
  const check = `console.error('waits ' + JSON.stringify(${places}));`;
  const program = readFileSync(project.path(SOURCE), 'utf8');
  project.write(
    'src/abba.test.ts',
    `${program}\nimport { test } from 'vitest';\ntest('is here', () => { ${check} });\n`,
  );
  const ended = await runNode(['node_modules/vitest/vitest.mjs', 'run', '--root', '.'], { cwd: project.folder });
  expect(ended).toMatchObject({ code: 0, stderr: expect.stringMatching(/^waits /m) as string });
  const waits = JSON.parse(/^waits (.*)$/m.exec(ended.stderr)?.[1] ?? '[]') as Frame[];
  expect(waits.map(({ file, line, column }) => `${String(file)}:${line}:${column}`)).toEqual([
    'src/abba.test.ts:21:20',
    'src/abba.test.ts:15:23',
  ]);
});

test('the recorded finding of the golden files is what the program still makes', { timeout: TIMEOUT_MS }, async () => {
  using findings = new FindingsFile();
  await runDept(['run', '--quiet', '--report', findings.path, 'test/e2e/programs/lucky-abba.mjs']);
  const recorded = JSON.parse(readFileSync(RECORDED_ABBA, 'utf8')) as ReportDocument;
  const [made] = findings.read();
  for (const field of ['code', 'fingerprint', 'message', 'help', 'classes', 'severity'] as const) {
    expect(made?.[field]).toEqual(recorded[field]);
  }
  const sites = ({ contexts }: ReportDocument): unknown => contexts.map(({ S, W, E }) => [S.site, W.site, E.site]);
  expect(made === undefined ? null : sites(made)).toEqual(sites(recorded));
});
