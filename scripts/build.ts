// Builds dist: the types by tsc, the JavaScript as bundles.
import { execFileSync } from 'node:child_process';
import { cpSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundle } from './bundle.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const tsc = join(createRequire(import.meta.url).resolve('typescript/package.json'), '../bin/tsc');

rmSync(join(root, 'dist'), { recursive: true, force: true });
execFileSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], { cwd: root, stdio: 'inherit' });
await bundle('dist');
// What the HTML page is made of besides TypeScript; assets.ts reads it from the folder beside its own.
for (const path of ['page.css', 'client']) {
  cpSync(join(root, 'reports/html', path), join(root, 'dist/html', path), { recursive: true });
}
