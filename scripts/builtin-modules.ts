import { readFile } from 'node:fs/promises';
import type { Plugin } from 'esbuild';

/** `import What, { one, type Two, other as name } from 'node:module';`, in one line or in several. */
const IMPORT = /^import (?!type )(?:(\w+))?(?:, )?(?:\{([^}]*)\})? from '(node:[\w/]+)';$/gm;

/**
 * Takes from the modules of Node what is named and nothing else. An `import` of one reads all that it exports, and half of Node
 * is loaded for that: streams for `node:fs`, the parser of command lines for `node:util`.
 */
export const builtinModules: Plugin = {
  name: 'builtin-modules',
  setup(build) {
    build.onLoad({ filter: /\.ts$/ }, async ({ path }) => {
      const source = await readFile(path, 'utf8');
      return { contents: source.replace(IMPORT, taken), loader: 'ts' };
    });
  },
};

function taken(_import: string, whole: string | undefined, names: string | undefined, path: string): string {
  const module = `process.getBuiltinModule('${path}')`;
  const parts = [
    ...(whole === undefined ? [] : [`const ${whole} = ${module};`]),
    ...(names === undefined ? [] : [`const {${named(names)}} = ${module};`]),
  ];
  return parts.join(' ');
}

/** The same names, in as many lines. */
function named(names: string): string {
  return names.replace(/\btype \w+(?: as \w+)?,?/g, '').replace(/\s+as\s+/g, ': ');
}
