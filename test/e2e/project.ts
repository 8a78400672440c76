import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { build, transformSync } from 'esbuild';
import { ROOT } from './child.ts';
import { installDept } from './installed-dept.ts';

const PACKAGES = [
  '@jridgewell',
  'async-mutex',
  'js-tokens',
  'tslib',
  'source-map-support',
  'source-map',
  'buffer-from',
  'tsx',
  'undici',
  'vitest',
];

/**
 * A program in a folder of its own, with dept installed below node_modules as it is published: JavaScript, without the
 * loader of TypeScript that dept's own tests run under. `using` removes it.
 */
export class Project implements Disposable {
  readonly folder: string;

  private constructor() {
    this.folder = mkdtempSync(join(tmpdir(), 'dept-project-'));
  }

  /** @param programs files of test/e2e/programs that become src/ */
  static async create(programs: readonly string[]): Promise<Project> {
    const project = new Project();
    const installed = join(project.folder, 'node_modules');
    mkdirSync(installed);
    for (const name of PACKAGES) {
      symlinkSync(join(ROOT, 'node_modules', name), join(installed, name), 'junction');
    }
    await installDept(join(installed, 'dept'));
    project.write('package.json', JSON.stringify({ name: 'shop', type: 'module' }));
    for (const name of programs) cpSync(join(ROOT, 'test/e2e/programs', name), project.path(`src/${name}`));
    return project;
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  write(name: string, text: string): void {
    mkdirSync(dirname(this.path(name)), { recursive: true });
    writeFileSync(this.path(name), text);
  }

  /** Compiles src/NAME.ts into a file of dist/, as tsc does: a file for a file. */
  compile(name: string, target: string, maps: 'linked' | 'inline' | 'none'): void {
    const { code, map } = transformSync(readFileSync(this.path(`src/${name}.ts`), 'utf8'), {
      loader: 'ts',
      sourcefile: `../src/${name}.ts`,
      sourcemap: maps === 'linked' ? 'external' : maps === 'inline' && 'inline',
    });
    this.write(`dist/${target}.js`, maps === 'linked' ? `${code}//# sourceMappingURL=${target}.js.map\n` : code);
    if (maps === 'linked') this.write(`dist/${target}.js.map`, map);
  }

  /** Makes one minified file of dist/ of src/NAME.ts and all it imports, of packages only those that are not left out: all, if it is not said. */
  async bundle(name: string, target: string, external: readonly string[] | null = null): Promise<void> {
    await build({
      absWorkingDir: this.folder,
      entryPoints: [`src/${name}.ts`],
      outfile: `dist/${target}.js`,
      bundle: true,
      minify: true,
      sourcemap: 'linked',
      ...(external === null ? { packages: 'external' } : { external: [...external] }),
      format: 'esm',
      platform: 'node',
    });
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
