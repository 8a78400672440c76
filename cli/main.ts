import { oneLine } from '../reports/text/names.ts';
import { DeptError } from '../src/core/dept-error.ts';
import { version } from '../src/version.ts';
import type { Io } from './io.ts';
import { UsageError } from './usage-error.ts';

const HELP = `dept finds deadlocks in asynchronous programs, even those that did not happen in this run.

Usage: dept COMMAND [options]

  run -- COMMAND     run a program with dept preloaded
  stall -- COMMAND   show where a program that hangs or ends too early has stopped
  scenario FILE...   replay tables of contexts and operations under DEPT and lockdep
  show FILE          print findings that were recorded with --report
  baseline FILE...   accept recorded findings, so that only new ones fail a run
  replay FILE        find deadlocks in a program that was recorded with --record
  merge FILE FILE... find circles that only several processes or runs together show
  explain CODE       what a finding code means and what to do

  dept COMMAND --help lists the options of a command.
  -h, --help         this text
  -v, --version      the version
`;

type Command = (argv: string[], io: Io) => Promise<number>;

// Loaded on demand: running a program must not wait for the scenario engine.
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  run: async () => (await import('./run.ts')).runCommand,
  stall: async () => (await import('./stall.ts')).stallCommand,
  scenario: async () => (await import('./scenario.ts')).scenarioCommand,
  show: async () => (await import('./show.ts')).showCommand,
  baseline: async () => (await import('./baseline.ts')).baselineCommand,
  replay: async () => (await import('./replay.ts')).replayCommand,
  merge: async () => (await import('./merge.ts')).mergeCommand,
  explain: async () => (await import('./explain.ts')).explainCommand,
};

/** Runs one command line. @returns the exit code; 2 for anything that was not called right */
export async function main(argv: readonly string[], io: Io): Promise<number> {
  const [name, ...rest] = argv[0] === 'help' && argv[1] !== undefined ? [argv[1], '--help'] : argv;
  if (name === undefined) {
    io.stderr.write(HELP);
    return 2;
  }
  if (name === '-h' || name === '--help' || name === 'help') {
    io.stdout.write(HELP);
    return 0;
  }
  if (name === '--version' || name === '-v') {
    io.stdout.write(`${version}\n`);
    return 0;
  }
  const load = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  try {
    if (load === undefined)
      throw new UsageError(`There is no command ${JSON.stringify(name)}. dept --help lists them.`);
    const command = await load();
    return await command(rest, io);
  } catch (error) {
    if (!isUsage(error)) throw error;
    const lines = messageOf(error, name).split('\n').map(oneLine);
    io.stderr.write(`dept: ${lines.join('\n')}\n`);
    return 2;
  }
}

/** Node's own advice on an unknown option is how to pass it as a file, which nobody wants here; on one without a value, a riddle. */
function messageOf(error: Error, command: string): string {
  const bare = /^Option '(?:-\w, )?(--[^' ]+)(?: <value>)?' argument (?:missing|is ambiguous)/.exec(error.message)?.[1];
  if (bare !== undefined) return `${bare} needs a value; one that begins with a dash is written ${bare}=-VALUE.`;
  const option = /^Unknown option '([^']+)'/.exec(error.message)?.[1];
  if (option === undefined || error instanceof UsageError) return error.message;
  const program = command === 'run' || command === 'stall' ? ' Options of the program itself go after --.' : '';
  return `Unknown option '${option}'. dept ${command} --help lists the options.${program}`;
}

function isUsage(error: unknown): error is Error {
  if (error instanceof UsageError || error instanceof DeptError) return true;
  return error instanceof TypeError && String((error as NodeJS.ErrnoException).code).startsWith('ERR_PARSE_ARGS');
}
