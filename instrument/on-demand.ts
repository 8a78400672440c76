/**
 * What few programs need of dept, loaded when it is needed. All of the `import()` that the preload makes are here, in a file of their own:
 * a loader that was there before it, as that of tsx, writes each file anew in which there is one, with a source map.
 */
export const onDemand = {
  graphFile: (): Promise<typeof import('./graph-file.ts')> => import('./graph-file.ts'),
  recording: (): Promise<typeof import('./recording.ts')> => import('./recording.ts'),
  pretty: (): Promise<typeof import('../reports/text/pretty.ts')> => import('../reports/text/pretty.ts'),
  palette: (): Promise<typeof import('../reports/text/palette.ts')> => import('../reports/text/palette.ts'),
  sourceFiles: (): Promise<typeof import('../reports/source/source-files.ts')> =>
    import('../reports/source/source-files.ts'),
  tty: (): Promise<typeof import('node:tty')> => import('node:tty'),
};
