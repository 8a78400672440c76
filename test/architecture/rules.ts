// Imports run one way: core at the bottom, the command line and the examples on top.
import type { Row, Rules } from './checker.ts';

const ENGINE = ['src/core', 'src/tracker', 'src/sync', 'src/models', 'src/scenario'] as const;

const NONE: readonly string[] = [];

/** Files of instrument/ that compose: they alone there may know the reports. */
const COMPOSITION = ['install', 'on-demand', 'preload', 'process-sinks', 'second-install'].map(
  (name) => `instrument/${name}.ts`,
);

const STACKS = ['instrument/stacks', 'instrument/process', 'instrument/paths.ts'] as const;

/** What is noted while a program runs, and found again in its heap. */
const HEAP = [
  'instrument/attribution',
  'instrument/shapes',
  'instrument/node',
  'instrument/patches',
  ...STACKS,
] as const;

export const ROWS: readonly Row[] = [
  { from: 'src/core', to: NONE, builtins: false, packages: NONE },
  { from: 'src/core/class-graph-export.ts', to: ['src/core'], builtins: false, packages: ['graphlib'] },
  { from: 'src/tracker', to: ['src/core'], builtins: false, packages: NONE },
  { from: 'src/sync', to: ['src/core'], builtins: false, packages: NONE },
  { from: 'src/models', to: ['src/core', 'src/sync'], builtins: false, packages: NONE },
  {
    from: 'src/scenario',
    to: ['src/core', 'src/sync', 'src/models', 'src/tracker'],
    builtins: false,
    packages: NONE,
  },
  { from: 'src/version.ts', to: NONE, builtins: false, packages: NONE },
  { from: 'src/index.ts', to: ['src', 'instrument', 'reports'], builtins: false, packages: NONE },

  { from: 'instrument', to: ENGINE, builtins: true, packages: 'declared' },
  ...COMPOSITION.map(
    (from): Row => ({
      from,
      to: ['instrument', 'reports', ...ENGINE],
      builtins: true,
      packages: 'declared',
    }),
  ),
  // What others build on knows nothing of them.
  { from: 'instrument/process', to: NONE, builtins: true, packages: NONE },
  { from: 'instrument/stacks', to: [...STACKS, 'src/core'], builtins: true, packages: 'declared' },
  { from: 'instrument/patches', to: ['instrument/libraries/adapter.ts', ...ENGINE], builtins: true, packages: NONE },
  {
    from: 'instrument/modules',
    to: ['instrument/libraries/adapter.ts', 'instrument/patches', 'instrument/own-locks', ...ENGINE],
    builtins: true,
    packages: 'declared',
  },
  // What a heap shows, and what that says of those who hold something; why a program stands is for others to say.
  { from: 'instrument/heap', to: [...HEAP, ...ENGINE], builtins: true, packages: NONE },
  {
    from: 'instrument/holders',
    to: [...HEAP, 'instrument/heap', 'instrument/suspicion.ts', 'instrument/watched-pool.ts', ...ENGINE],
    builtins: true,
    packages: NONE,
  },
  // What runs inside a test runner imports that runner: it is there by definition. It composes too: the error it fails
  // a test with carries the report's text.
  { from: 'instrument/testing', to: ['instrument', 'reports', ...ENGINE], builtins: true, packages: 'any' },

  { from: 'reports', to: ['src/core'], typesFrom: ['src/tracker'], builtins: false, packages: 'declared' },
  ...['reports/sinks', 'reports/source', 'reports/html/assets.ts'].map(
    (from): Row => ({
      from,
      to: ['reports', 'src/core'],
      typesFrom: ['src/tracker'],
      builtins: true,
      packages: 'declared',
    }),
  ),

  { from: 'cli', to: ['src', 'instrument', 'reports', 'package.json'], builtins: true, packages: 'declared' },
  { from: 'examples', to: ['examples/stage'], relative: false, builtins: true, packages: 'any' },
];

export function rulesFor(manifest: {
  readonly name: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}): Rules {
  return {
    rows: ROWS,
    packageName: manifest.name,
    declaredPackages: Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies }),
    maxLines: 400,
  };
}
