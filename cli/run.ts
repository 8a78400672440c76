import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Io } from './io.ts';
import { RunOutcome } from './run-outcome.ts';
import { planRun, RUN_HELP, type RunPlan } from './run-plan.ts';
import { UsageError } from './usage-error.ts';

/** @throws UsageError for flags, values or programs that are not there */
export async function runCommand(argv: readonly string[], io: Io): Promise<number> {
  const plan = planRun(argv, io);
  if (plan === null) {
    io.stdout.write(RUN_HELP);
    return 0;
  }
  return await executeCounting(plan, io);
}

/** Any process below may make a finding and end as it likes: the tally file tells. @returns the exit code */
export async function executeCounting(plan: RunPlan, io: Io): Promise<number> {
  const folder = temporaryFolder();
  const tally = join(folder, 'findings');
  try {
    makeReport(plan.env['DEPT_REPORT']);
    const code = await execute({ ...plan, env: { ...plan.env, DEPT_TALLY: tally } }, io);
    return conclude(plan, new RunOutcome(tally), code, io);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function temporaryFolder(): string {
  try {
    return mkdtempSync(join(tmpdir(), 'dept-'));
  } catch (error) {
    throw new UsageError(`Cannot make a temporary folder in ${tmpdir()}: ${(error as Error).message}.`);
  }
}

/** No findings are findings as well: what reads the file after the run must find it. */
function makeReport(path: string | undefined): void {
  if (path === undefined) return;
  try {
    closeSync(openSync(path, 'a'));
  } catch (error) {
    throw new UsageError(`Cannot write ${path}: ${(error as Error).message}.`);
  }
}

/** @returns the exit code */
function conclude(plan: RunPlan, outcome: RunOutcome, code: number, io: Io): number {
  const { baseline, suppressAll } = plan;
  const said = [outcome.summary()];
  if (baseline !== null && suppressAll !== null) said.push(...outcome.suppressAll(baseline, suppressAll));
  if (baseline !== null && plan.prune) {
    said.push(
      ...(code === 0 ? outcome.prune(baseline) : [`nothing is pruned, because the program ended with ${code}.`]),
    );
  }
  if (plan.record !== null && !existsSync(plan.record))
    said.push('nothing was recorded: no wait and no event was seen.');
  if (!plan.quiet) for (const line of said) if (line !== null) io.stderr.write(`dept: ${line}\n`);
  return code === 0 && plan.fails && suppressAll === null && outcome.findings.length > 0 ? 1 : code;
}

async function execute(plan: RunPlan, io: Io): Promise<number> {
  const child = spawn(plan.command, plan.args, { cwd: io.cwd, env: { ...process.env, ...plan.env }, stdio: 'inherit' });
  const forward = (signal: NodeJS.Signals): void => {
    child.kill(signal);
  };
  // Without a handler a signal would end this process and leave the program behind.
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'] as const;
  for (const signal of signals) process.on(signal, forward);
  try {
    return await new Promise<number>((done, fail) => {
      child.once('error', (error: NodeJS.ErrnoException) => {
        const reason = error.code === 'ENOENT' ? 'there is no such program' : error.message;
        fail(new UsageError(`Cannot run ${plan.command}: ${reason}.`));
      });
      child.once('exit', (code, signal) => done(code ?? 128 + constants.signals[signal ?? 'SIGKILL']));
    });
  } finally {
    for (const signal of signals) process.off(signal, forward);
  }
}
