import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { ROOT, runNode } from './child.ts';
import { FindingsFile } from './findings-file.ts';
import { Project } from './project.ts';

const TIMEOUT_MS = 120_000;
const PRELOAD = ['--import', 'dept/register'];
const SOURCE = 'src/shelves.ts';
/** The lines of shelves.ts: of [S], [W], [E] of each context. */
const PLACES = ['32:16', '34:15', '36:10', '24:15', '26:16', '28:9'];
const STRIPS_TYPES = Boolean((process.features as { typescript?: unknown }).typescript);

/** A lock of a module of its own, with what the text of an ES module and of a CommonJS module has. */
const LANE = `class Lane {
  #tail = Promise.resolve();
  run(task) {
    const result = this.#tail.then(() => task());
    this.#tail = result.catch(() => undefined);
    return result;
  }
  fail() { return new Error('on purpose').stack.split('\\n')[1].replace(/.*[\\\\/]/, ''); }
}`;
const USE = `const [left, right] = [new Lane(), new Lane()];
async function main() {
  await left.run(() => right.run(async () => undefined));
  await right.run(() => left.run(async () => undefined));
  console.log(left.fail(), Object.keys(left), JSON.stringify(left), Lane.name, Lane.prototype.run.length);
}
void main();`;

let project: Project;
beforeAll(async () => {
  project = await Project.create([]);
  mkdirSync(project.path('src'));
  cpSync(join(ROOT, 'examples/app/shelves.ts'), project.path(SOURCE));
  project.compile('shelves', 'linked', 'linked');
  project.compile('shelves', 'inline', 'inline');
  project.write('src/lane.mjs', `export ${LANE}\n`);
  project.write('src/imports.mjs', `import { Lane } from './lane.mjs';\n${USE}\n`);
  project.write('src/lane.cjs', `'use strict';\n${LANE}\nmodule.exports = { Lane };\n`);
  project.write('src/requires.cjs', `'use strict';\nconst { Lane } = require('./lane.cjs');\n${USE}\n`);
  project.write('src/imports-commonjs.mjs', `import { Lane } from './lane.cjs';\n${USE}\n`);
}, TIMEOUT_MS);
afterAll(() => project[Symbol.dispose]());

async function run(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  using findings = new FindingsFile();
  const options = { cwd: project.folder, env: { DEPT_REPORT: findings.path, DEPT_PRINT: '0', ...env } };
  const ended = await runNode([...PRELOAD, ...args], options);
  return { ...ended, found: findings.read() };
}

describe.concurrent('a lock of the program itself', { timeout: TIMEOUT_MS }, () => {
  test.for([
    ['compiled, with source maps', ['dist/linked.js']],
    ['compiled, with inline source maps', ['dist/inline.js']],
    ['compiled, with --enable-source-maps', ['--enable-source-maps', 'dist/inline.js']],
    ['through tsx', ['--import', 'tsx', SOURCE]],
    ...(STRIPS_TYPES ? [['with the types stripped by Node', [SOURCE]] as const] : []),
  ] as const)('is found, and has the places of the source: %s', async ([_how, args], { expect: check }) => {
    const { code, stdout, found } = await run(args);
    check({ code, stdout }).toEqual({ code: 0, stdout: 'closing time\n' });
    check(found.map((each) => each.code)).toEqual(['DEPT001']);
    const places = (found[0]?.contexts ?? []).flatMap(({ S, W, E }) => [S.site, W.site, E.site]);
    check(places).toEqual(PLACES.map((place) => `${SOURCE}:${place}`));
    check(found[0]?.classes.map(({ name }) => name)).toEqual(['ladder:0', 'shelf:0']);
  });

  test('is found where the loader of tsx comes first', async ({ expect: check }) => {
    using findings = new FindingsFile();
    const options = { cwd: project.folder, env: { DEPT_REPORT: findings.path, DEPT_PRINT: '0' } };
    await runNode(['--import', 'tsx', ...PRELOAD, SOURCE], options);
    const [report] = findings.read();
    check((report?.contexts ?? []).map(({ W }) => W.site)).toEqual([`${SOURCE}:34:15`, `${SOURCE}:26:16`]);
  });

  test.for(['imports.mjs', 'requires.cjs', 'imports-commonjs.mjs'])(
    'is found in another module, and nothing else is to be seen of that: %s',
    async (program, { expect: check }) => {
      const bare = await runNode([`src/${program}`], { cwd: project.folder });
      const { code, stdout, stderr, found } = await run([`src/${program}`]);
      check({ code, stdout, stderr }).toMatchObject({ code: bare.code, stdout: bare.stdout, stderr: bare.stderr });
      check(found.map((each) => each.code)).toEqual(['DEPT001']);
    },
  );

  test('is not watched when nobody wants that', async ({ expect: check }) => {
    const { code, found } = await run(['src/imports.mjs'], { DEPT_OWN_LOCKS: '0' });
    check({ code, found }).toEqual({ code: 0, found: [] });
  });

  test('is left alone in a file that is no program', async ({ expect: check }) => {
    writeFileSync(join(project.folder, 'src/broken.mjs'), `export ${LANE}\nclass Broken { async take( { }`);
    const bare = await runNode(['src/broken.mjs'], { cwd: project.folder });
    const { code, stderr } = await run(['src/broken.mjs']);
    check(code).toBe(bare.code);
    check(stderr).toContain('SyntaxError');
  });

  test('is found in a package that is called after a lock, and in no other one', async ({ expect: check }) => {
    for (const name of ['lane-mutex', 'lane-two']) {
      const folder = `node_modules/${name}`;
      project.write(`${folder}/package.json`, JSON.stringify({ name, type: 'module', exports: './index.js' }));
      cpSync(project.path('src/lane.mjs'), project.path(`${folder}/index.js`));
      project.write(`src/${name}.mjs`, `import { Lane } from '${name}';\n${USE}\n`);
    }
    check((await run(['src/lane-mutex.mjs'])).found.map(({ code }) => code)).toEqual(['DEPT001']);
    check((await run(['src/lane-two.mjs'])).found).toEqual([]);
  });
});
