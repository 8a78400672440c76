// Builds dist: the types by tsc, the JavaScript by esbuild as one entry for each export, with what they share in chunks. Node
// loads a few dozen files several times faster than five hundred, and the preload comes before every program.
import { execFileSync } from 'node:child_process';
import { cpSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const published = Object.values(exports).flatMap((target) => target['dept:source'] ?? []);

rmSync(join(root, 'dist'), { recursive: true, force: true });
const tsc = join(createRequire(import.meta.url).resolve('typescript/package.json'), '../bin/tsc');
execFileSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], { cwd: root, stdio: 'inherit' });
await build({
  absWorkingDir: root,
  // The command line starts these two by their files.
  entryPoints: [...published, 'cli/bin.ts', 'instrument/stall/preload.ts'],
  outdir: 'dist',
  outbase: '.',
  chunkNames: 'chunks/[name]-[hash]',
  bundle: true,
  splitting: true,
  packages: 'external',
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  conditions: ['dept:source'],
  sourcemap: true,
  logLevel: 'warning',
});
// What the HTML page is made of besides TypeScript; assets.ts reads it from the folder beside its own.
for (const path of ['page.css', 'client']) {
  cpSync(join(root, 'reports/html', path), join(root, 'dist/html', path), { recursive: true });
}
