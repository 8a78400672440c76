import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { isMainThread } from 'node:worker_threads';
import type { ReportEnvironment } from '../reports/environment.ts';
import { formatReportLine } from '../reports/ndjson.ts';
import { parseReportLine } from '../reports/parse-report.ts';
import type { Sink } from '../reports/sinks/sink.ts';
import { parseSuppressions, type Suppression } from '../reports/suppressions.ts';
import { recordingLimitFinding } from '../src/tracker/notices.ts';
import type { Recorder } from '../src/tracker/recording/recorder.ts';
import { stalledFinding } from '../src/tracker/stalled.ts';
import { choicesOf } from './choices.ts';
import type { Config } from './config.ts';
import { type Installation, install } from './install.ts';
import { tellBlocking } from './node/atomics-wait.ts';
import { onDemand } from './on-demand.ts';
import { watchEnd } from './process-end.ts';
import { processEnvironment, readConfig, sinksFor, toStderr } from './process-sinks.ts';
import { hasLongWaits, hasUntoldLongWaits } from './stall/standstill.ts';
import { tallyTo } from './tally.ts';
import { followMessages } from './threads/message-waits.ts';
import { watchParentPort } from './threads/parent-port.ts';
import { SharedWaits } from './threads/shared-waits.ts';
import { leaveWord, wordForWorkers } from './threads/thread-messages.ts';
import { ToldFindings } from './threads/told-findings.ts';
import { WorkerListener } from './threads/worker-listener.ts';
import { WorkerReporter } from './threads/worker-reporter.ts';

/** How many listeners of one event of the process are dept's, at most. */
const OWN_LISTENERS = 6;

/** Watches this thread. Where that is not possible, as with `--frozen-intrinsics`, one line says so and the program goes on. */
export async function startPreload(): Promise<void> {
  makeRoom();
  try {
    if (Object.isFrozen(Promise) || Object.isFrozen(Error)) throw new Error('its intrinsics are frozen');
    await (isMainThread ? start() : startWorker());
  } catch (error) {
    process.stderr.write(`dept: this program is not watched: ${(error as Error).message}\n`);
  }
}

/** The program may have as many listeners of its own as ever before Node warns it. */
function makeRoom(): void {
  const limit = process.getMaxListeners();
  if (limit > 0) process.setMaxListeners(limit + OWN_LISTENERS);
}

async function start(): Promise<void> {
  const config = readConfig();
  // Only this process was asked for an exit code and its graph; what it spawns keeps its own code and writes none.
  delete process.env['DEPT_EXIT_CODE'];
  delete process.env['DEPT_GRAPH'];
  if (config.report !== '') process.env['DEPT_REPORT'] = resolve(config.report);
  const told = new ToldFindings();
  leaveWord(config, told);
  const environment = processEnvironment();
  const sinks = onceTold(told, await sinksFor(config, environment));
  const installation = installWith(config, sinks);
  const shared = new SharedWaits(installation, followMessages(installation.session), config.stallSignal);
  const workers = new WorkerListener(installation, config.rules, shared, (line) => parseReportLine(line).finding);
  const recorder = await recorderFor(config, installation, sinks, environment);
  watchEnd(installation, config, { recorder, look: () => workers.look(), inWorkers: () => workers.openWaits });
  if (config.graph !== '') {
    // graphlib takes longer to load than everything else here together.
    const { writeGraphAtExit } = await onDemand.graphFile();
    writeGraphAtExit(installation, config.graph);
  }
}

/** A worker finds for itself, writes where the process writes, and tells the main thread. */
async function startWorker(): Promise<void> {
  const word = wordForWorkers();
  // Without one only this worker was preloaded, or the main thread runs from source.
  if (word === null) return;
  const environment = processEnvironment();
  const reporter = new WorkerReporter();
  const sinks = onceTold(word.told, await sinksFor(word.config, environment));
  const main: Sink = { write: (finding) => reporter.sendFinding(formatReportLine(finding, environment())) };
  const installation = installWith(word.config, [...sinks, main]);
  const shared = new SharedWaits(installation, followMessages(installation.session), word.config.stallSignal);
  watchParentPort();
  tellBlocking((place) => reporter.sendStand(place === null ? shared.stand(null) : shared.blocked(place)));
  reporter.answer((question) => shared.stand(question));
  const look = (): void => {
    reporter.sendStand(shared.stand(null));
    reporter.sendGraph(installation.tracker);
    const openWaits =
      hasLongWaits(installation) && hasUntoldLongWaits(installation) ? installation.waitsFor.stalled() : [];
    const standing = openWaits.length === 0 ? null : stalledFinding({ openWaits, at: installation.session.now });
    reporter.sendWaits(standing === null ? null : formatReportLine(standing, environment()));
  };
  watchEnd(installation, word.config, { recorder: null, look, inWorkers: () => [] });
  // What was open at its end it has told of itself.
  process.on('exit', () => reporter.sendWaits(null));
}

function installWith(config: Config, sinks: readonly Sink[]): Installation {
  const suppressions = readSuppressions(config.suppressionsFile);
  const onSuppressed = config.tally === '' ? () => undefined : tallyTo(config.tally, true, toStderr);
  return install({ ...choicesOf(config), precedesProgram: true, sinks, suppressions, onSuppressed });
}

/** One report a process: what another thread has told of is not told again. */
function onceTold(told: ToldFindings, sinks: readonly Sink[]): readonly Sink[] {
  return sinks.map((sink) => ({
    write: (finding) => {
      if (told.claim(finding.fingerprint)) sink.write(finding);
    },
  }));
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
  const { startRecording } = await onDemand.recording();
  return startRecording(session, record, {
    about,
    onLimit: (max) => {
      for (const sink of sinks) sink.write(recordingLimitFinding(max, rules, session.now));
    },
  });
}
