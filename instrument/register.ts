import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { isMainThread } from 'node:worker_threads';
import type { ReportEnvironment } from '../reports/environment.ts';
import type { Sink } from '../reports/sinks/sink.ts';
import { parseSuppressions, type Suppression } from '../reports/suppressions.ts';
import { recordingLimitFinding } from '../src/tracker/notices.ts';
import type { Recorder } from '../src/tracker/recording/recorder.ts';
import type { Config } from './config.ts';
import { type Installation, install } from './install.ts';
import { watchEnd } from './process-end.ts';
import { processEnvironment, readConfig, sinksFor } from './process-sinks.ts';
import { tallyTo } from './tally.ts';

if (isMainThread) await start();

/** The preload: `node --import dept/register app.js`. Configured by `DEPT_*` variables; see docs/cli.md. */
async function start(): Promise<void> {
  const config = readConfig();
  // Only this process was asked for an exit code and its graph; what it spawns keeps its own code and writes none.
  delete process.env['DEPT_EXIT_CODE'];
  delete process.env['DEPT_GRAPH'];
  const environment = processEnvironment();
  const sinks = await sinksFor(config, environment);
  const suppressions = readSuppressions(config.suppressionsFile);
  const onSuppressed = config.tally === '' ? () => undefined : tallyTo(config.tally, true);
  const installation = install({ ...config, sinks, suppressions, onSuppressed });
  watchEnd(installation, config, await recorderFor(config, installation, sinks, environment));
  if (config.graph !== '') {
    // graphlib takes longer to load than everything else here together.
    const { writeGraphAtExit } = await import('./graph-file.ts');
    writeGraphAtExit(installation, config.graph);
  }
}

/** Every process below reads the file, wherever it runs. */
function readSuppressions(file: string): readonly Suppression[] {
  if (file === '') return [];
  const path = resolve(file);
  process.env['DEPT_SUPPRESSIONS'] = path;
  try {
    return parseSuppressions(readFileSync(path, 'utf8'));
  } catch (error) {
    process.stderr.write(`dept: cannot use the suppressions in ${file}: ${(error as Error).message}\n`);
    process.exit(2);
  }
}

async function recorderFor(
  { record, rules }: Config,
  { session }: Installation,
  sinks: readonly Sink[],
  about: () => ReportEnvironment,
): Promise<Recorder | null> {
  if (record === '') return null;
  const { startRecording } = await import('./recording.ts');
  return startRecording(session, record, {
    about,
    onLimit: (max) => {
      for (const sink of sinks) sink.write(recordingLimitFinding(max, rules, session.now));
    },
  });
}
