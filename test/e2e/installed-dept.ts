import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { bundle } from '../../scripts/bundle.ts';
import { ROOT } from './child.ts';

/**
 * The package as it is published, built from the sources of now; their types are checked elsewhere.
 * @param more files of this repository that are built with it
 */
export async function installDept(folder: string, more: readonly string[] = []): Promise<void> {
  const dist = join(folder, 'dist');
  mkdirSync(folder, { recursive: true });
  cpSync(join(ROOT, 'package.json'), join(folder, 'package.json'));
  await bundle(dist, more);
  for (const path of readdirSync(dist, { recursive: true, encoding: 'utf8' })) {
    if (path.endsWith('.js.map')) moveSources(join(dist, path), folder);
  }
}

/** The bundler wrote where the sources are from here; in a package they stand beside its dist. */
function moveSources(path: string, folder: string): void {
  const map = JSON.parse(readFileSync(path, 'utf8')) as { sources: string[] };
  map.sources = map.sources.map((source) => {
    const inPackage = join(folder, relative(ROOT, join(dirname(path), source)));
    return relative(dirname(path), inPackage).replaceAll('\\', '/');
  });
  writeFileSync(path, JSON.stringify(map));
}
