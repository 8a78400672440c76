import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';
import { type ChildOptions, type Ended, ROOT, runNode } from '../e2e/child.ts';

const FIXTURES = join(ROOT, 'test', 'runners', 'fixtures');
/** Inside the repository, so that the runners are found. */
const TEMPORARY = join(ROOT, 'test', 'runners', '.tmp');
const TIMEOUT_MS = 60_000;

/** A copy of the fixture projects with dept installed as its users have it: compiled, below node_modules. */
export class Project implements Disposable {
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  static async create(): Promise<Project> {
    mkdirSync(TEMPORARY, { recursive: true });
    const root = mkdtempSync(join(TEMPORARY, 'project-'));
    cpSync(FIXTURES, root, { recursive: true });
    await installDept(join(root, 'node_modules', 'dept'));
    // Mocha imports what it is told to require from where it stands itself.
    symlinkSync(join(ROOT, 'node_modules', 'mocha'), join(root, 'node_modules', 'mocha'), 'junction');
    return new Project(root);
  }

  /** Runs Node in the folder of one of the fixtures. */
  run(folder: string, args: readonly string[], options: ChildOptions = {}): Promise<Ended> {
    return runNode(args, { timeoutMs: TIMEOUT_MS, ...options, cwd: join(this.#root, folder) });
  }

  [Symbol.dispose](): void {
    rmSync(this.#root, { recursive: true, force: true });
  }
}

/** The package as it is published, built from the sources of now; their types are checked elsewhere. */
async function installDept(folder: string): Promise<void> {
  const dist = join(folder, 'dist');
  mkdirSync(folder, { recursive: true });
  cpSync(join(ROOT, 'package.json'), join(folder, 'package.json'));
  const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
  const project = join(ROOT, 'tsconfig.build.json');
  const flags = ['--noCheck', '--noEmitOnError', 'false'];
  await promisify(execFile)(process.execPath, [tsc, '-p', project, '--outDir', dist, ...flags]);
  for (const path of readdirSync(dist, { recursive: true, encoding: 'utf8' })) {
    if (path.endsWith('.js.map')) moveSources(join(dist, path), folder);
  }
}

/** The compiler wrote where the sources are from here; in a package they stand beside its dist. */
function moveSources(path: string, folder: string): void {
  const map = JSON.parse(readFileSync(path, 'utf8')) as { sources: string[] };
  map.sources = map.sources.map((source) => {
    const inPackage = join(folder, relative(ROOT, join(dirname(path), source)));
    return relative(dirname(path), inPackage).replaceAll('\\', '/');
  });
  writeFileSync(path, JSON.stringify(map));
}
