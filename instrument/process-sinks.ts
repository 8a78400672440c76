import { fstatSync, readFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { isMainThread, threadId } from 'node:worker_threads';
import { describeProcess, type ReportEnvironment } from '../reports/environment.ts';
import { diagnosticsChannelSink } from '../reports/sinks/diagnostics-channel.ts';
import { fileSink } from '../reports/sinks/file.ts';
import type { Sink } from '../reports/sinks/sink.ts';
import { stderrSink } from '../reports/sinks/stderr.ts';
import { writeFully } from '../reports/sinks/write-fully.ts';
import { formatReport } from '../reports/text/report.ts';
import type { Finding } from '../src/core/finding.ts';
import { type Config, configFromEnv } from './config.ts';
import { misspeltVariable } from './misspelt-variables.ts';
import { onDemand } from './on-demand.ts';
import { packageRoot } from './paths.ts';
import { embeddedSource } from './stacks/source-maps.ts';
import { tallyTo } from './tally.ts';

const STDERR = 2;

/** The configuration of this process; ends it with code 2 when a variable is not right. */
export function readConfig(): Config {
  try {
    const config = configFromEnv(process.env);
    const misspelt = config.print && isMainThread ? misspeltVariable(process.env) : null;
    if (misspelt !== null) process.stderr.write(`dept: ${misspelt}\n`);
    return config;
  } catch (error) {
    process.stderr.write(`dept: ${(error as Error).message}\n`);
    process.exit(2);
  }
}

/** Whatever the program has done to `process.stderr`. */
export function toStderr(message: string): void {
  writeFully(STDERR, message);
}

/** What reports say of this process, found out when the first one is made. */
export function processEnvironment(): () => ReportEnvironment {
  return once(environmentOfProcess);
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | null = null;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

/** Where the findings of this process go: everything that its configuration names. */
export async function sinksFor(config: Config, environment: () => ReportEnvironment): Promise<readonly Sink[]> {
  const sinks: Sink[] = [diagnosticsChannelSink(environment)];
  if (config.report !== '') sinks.push(fileSink(config.report, { environment }));
  if (config.tally !== '') sinks.push({ write: tallyTo(config.tally, false, toStderr) });
  if (config.print) sinks.push(stderrSink(await formatterFor(config, environment)));
  return sinks;
}

/** What standard error is told: a person at a terminal gets code and colours, everybody else the plain report. */
async function formatterFor(
  { format, indent }: Config,
  environment: () => ReportEnvironment,
): Promise<(finding: Finding) => string> {
  const isTerminal = await isAtTerminal();
  if (format === 'dept' || (format === 'auto' && !isTerminal)) {
    return (finding) => formatReport(finding, { environment: environment(), indent });
  }
  // Loaded for people only: nobody else should wait for it.
  const [{ formatPretty }, { SourceFiles }, { wantsColor }] = await Promise.all([
    onDemand.pretty(),
    onDemand.sourceFiles(),
    onDemand.palette(),
  ]);
  const options = {
    source: new SourceFiles(process.cwd(), embeddedSource),
    color: wantsColor(process.env, isTerminal),
    indent,
  };
  return (finding) => formatPretty(finding, options);
}

/** Asked of the file first: most programs write into a pipe, and need not wait until Node's terminals are loaded. */
async function isAtTerminal(): Promise<boolean> {
  try {
    return fstatSync(STDERR).isCharacterDevice() && (await onDemand.tty()).isatty(STDERR);
  } catch {
    // It is closed.
    return false;
  }
}

/** What the report says about this process: the program's own package, not ours. */
function environmentOfProcess(): ReportEnvironment {
  const root = packageRoot(process.argv[1] === undefined ? process.cwd() : join(process.argv[1], '..'));
  let program: { name?: string; version?: string } = {};
  try {
    program = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as typeof program;
  } catch {
    // A program without a package is named by its title alone.
  }
  return describeProcess({
    packageName: program.name ?? '(no package)',
    packageVersion: program.version ?? '0.0.0',
    nodeVersion: process.version,
    platform: process.platform,
    arch: process.arch,
    pid: process.pid,
    title: isMainThread ? basename(process.title) : `${basename(process.title)} (worker ${threadId})`,
    commandLine: ['node', ...process.argv.slice(1, 2).map(fromHere), ...process.argv.slice(2)],
  });
}

/** A path as one would type it here, where it lies below. */
function fromHere(path: string): string {
  const below = relative(process.cwd(), path);
  return below === '' || below.startsWith('..') ? path : below;
}
