import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Semaphore } from '../../src/sync/user/semaphore.ts';

/** Root of the repository, without a slash at the end. */
export const ROOT: string = fileURLToPath(new URL('../..', import.meta.url)).replace(/[\\/]$/, '');

/** Arguments that make Node run dept and its users from source, in whatever folder they run. */
export const FROM_SOURCE: readonly string[] = ['--conditions', 'dept:source', '--import', import.meta.resolve('tsx')];

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ChildOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** The child is killed after that long. */
  readonly timeoutMs?: number;
  /** Called with all of standard output so far; may signal the child. */
  readonly onStdout?: (text: string, kill: (signal: NodeJS.Signals) => void) => void;
}

/** The environment of a child: ours without what the test runner or an outer dept put there. */
function childEnv(more: Readonly<Record<string, string>>): Record<string, string | undefined> {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(?:DEPT_|VITEST|NODE_OPTIONS$|NODE_ENV$|FORCE_COLOR$|NODE_V8_COVERAGE$)/.test(name),
  );
  return { ...Object.fromEntries(kept), NO_COLOR: '1', ...more };
}

/** Children under way at once; more than there are cores would only make them late. */
const atOnce = new Semaphore(2);

/** Runs this very Node with arguments. @throws Error when the child does not end in time */
export function runNode(args: readonly string[], options: ChildOptions = {}): Promise<Ended> {
  return atOnce.runExclusive(() => start(args, options));
}

function start(args: readonly string[], options: ChildOptions): Promise<Ended> {
  const { cwd = ROOT, env = {}, timeoutMs = 45_000, onStdout } = options;
  return new Promise((done, fail) => {
    const child = spawn(process.execPath, args, { cwd, env: childEnv(env), stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      fail(new Error(`node ${args.join(' ')} did not end within ${timeoutMs} ms:\n${stdout}${stderr}`));
    }, timeoutMs);
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      onStdout?.(stdout, (signal) => child.kill(signal));
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.once('error', fail);
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      done({ code, signal, stdout, stderr });
    });
  });
}

/** Runs the command line from source. */
export function runDept(args: readonly string[], options: ChildOptions = {}): Promise<Ended> {
  return runNode([...FROM_SOURCE, `${ROOT}/cli/bin.ts`, ...args], options);
}
