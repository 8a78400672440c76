import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';
import { builtinModules } from './builtin-modules.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

/** What the command line starts by its file. */
const STARTED = ['cli/bin.ts', 'instrument/stall/preload.ts'];

/**
 * All of it is reachable from every entry, so that it makes one chunk: the preload comes before every program, and each file
 * it is made of costs most of a millisecond.
 */
const PRELOAD = join(root, 'instrument/preload.ts');

/** What the thread of the module hooks imports, where Node has one. */
const HOOKS_THREAD = 'instrument/own-locks/marking.ts';

/** Stays out of the chunk of the preload, which has no `import()` then. */
const ON_DEMAND = 'instrument/on-demand.ts';

const apart: Plugin = {
  name: 'apart',
  setup(build) {
    const filter = /\/on-demand\.ts$/;
    // Chunks lie in a folder beside.
    build.onResolve({ filter }, ({ kind }) =>
      kind === 'entry-point' ? null : { path: `../${ON_DEMAND.replace('.ts', '.js')}`, external: true },
    );
  },
};

const OWN_PROCESS = join(root, 'scripts/own-process.ts');

/**
 * Writes the JavaScript of the package: one entry for each export, with what they share in chunks. Node loads a few dozen
 * files several times faster than five hundred, and the preload comes before every program.
 * @param more files that a test wants to start beside these
 */
export async function bundle(outdir: string, more: readonly string[] = []): Promise<void> {
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    exports: Record<string, string | Record<string, string>>;
  };
  const published = Object.values(exports).flatMap((target) =>
    typeof target === 'string' ? [] : (target['dept:source'] ?? []),
  );
  const common = {
    absWorkingDir: root,
    bundle: true,
    packages: 'external',
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    logLevel: 'warning',
    minifyWhitespace: true,
    lineLimit: 160,
  } as const;
  await build({
    ...common,
    entryPoints: [...published, ...STARTED, ON_DEMAND, ...more],
    outdir,
    outbase: '.',
    chunkNames: 'chunks/[name]-[hash]',
    splitting: true,
    inject: [OWN_PROCESS, PRELOAD],
    // A file that is only imported for what it does counts as used, so it goes where the preload goes.
    ignoreAnnotations: true,
    conditions: ['dept:source'],
    // Not linked: under --enable-source-maps Node would read them at start, and again with the first stack.
    sourcemap: 'external',
    plugins: [apart, builtinModules],
  });
  await build({ ...common, entryPoints: [HOOKS_THREAD], outfile: join(outdir, 'own-locks/marking.js') });
}
