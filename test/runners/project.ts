import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { type ChildOptions, type Ended, ROOT, runNode } from '../e2e/child.ts';
import { installDept } from '../e2e/installed-dept.ts';

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
