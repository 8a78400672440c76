import { constants } from 'node:os';
import { DeptError } from '../src/core/dept-error.ts';
import type { RuleSet } from '../src/core/finding.ts';
import { inWords } from '../src/core/in-words.ts';
import type { AttributionMode } from './attribution/attribution-mode.ts';

/** How a run is watched. Every field has an environment variable, named in its line. */
export interface Config {
  /** `DEPT_RULES`: `dept` (default) or the kernel's exact `linux` rules. */
  readonly rules: RuleSet;
  /** `DEPT_ATTRIBUTION`: `precise` (default); `dynamic`, which costs an idle program nothing; `light`, without hooks. Both may miss. */
  readonly attribution: AttributionMode;
  /** `DEPT_REPORT`: file to which each finding is appended as one JSON line the moment it is made; empty = none. */
  readonly report: string;
  /** `DEPT_GRAPH`: file to which the class graph is written when the process ends, as graphlib's JSON; empty = none. */
  readonly graph: string;
  /** `DEPT_RECORD`: file in which the process is recorded for `dept replay`; empty = none. */
  readonly record: string;
  /** `DEPT_SUPPRESSIONS`: file of findings that are known and accepted; empty = none. */
  readonly suppressionsFile: string;
  /** `DEPT_PRINT`: findings are printed on stderr; `0` switches that off. */
  readonly print: boolean;
  /** `DEPT_FORMAT`: `pretty` or `dept` text; `auto` (default) is pretty where standard error is a terminal, else dept. */
  readonly format: 'auto' | 'pretty' | 'dept';
  /** `DEPT_INDENT`: 3 (default), or 4 for the older layout of the report. */
  readonly indent: 3 | 4;
  /** `DEPT_STACKS`: `new` (default) captures stacks for what is new, `off` never. */
  readonly stacks: 'new' | 'off';
  /** `DEPT_EXIT_CODE`: exit code of a program that would have ended with 0 but has findings; 0 (default) leaves it alone. */
  readonly exitCode: number;
  /** `DEPT_ON_DEADLOCK`: `report` (default), or `reject` to end a live deadlock by refusing one of its waits. */
  readonly onDeadlock: 'report' | 'reject';
  /** `DEPT_STALL`: `auto` (default) reads the heap of a program that ends stalled, `1` at each end, `0` never. */
  readonly stall: 'auto' | 'always' | 'never';
  /** `DEPT_STALL_VALUES`: values of variables are told too, not only their names; `1` switches that on. */
  readonly stallValues: boolean;
  /** `DEPT_STALL_BUDGET_MS`: how long reading the heap may take; 3000 if not given. */
  readonly stallBudgetMs: number;
  /** `DEPT_STALL_AFTER_MS`: `dept stall` tells after that long what the program has stopped at; 0 (default) = only at its end. */
  readonly stallAfterMs: number;
  /** `DEPT_STALL_SIGNAL`: a signal such as SIGUSR2 that makes the program tell what it waits for; empty = none. */
  readonly stallSignal: string;
  /** `DEPT_WATCHDOG_MS`: time in which nothing tracked may move while locks are waited for; 0 (default) = no watchdog. */
  readonly watchdogMs: number;
  /** `DEPT_OWN_LOCKS`: locks that the program has written itself are watched as its classes are loaded; `0` switches that off. */
  readonly ownLocks: boolean;
  /** `DEPT_TALLY`: file to which each finding is appended in short; how `dept run` learns of findings in any process below it. */
  readonly tally: string;
}

/** What may be chosen by name, in variables and in options. */
export const CHOICES: {
  readonly [Name in 'rules' | 'attribution' | 'stacks' | 'onDeadlock']: readonly Config[Name][];
} = Object.freeze({
  rules: ['dept', 'linux'],
  attribution: ['precise', 'dynamic', 'light'],
  stacks: ['new', 'off'],
  onDeadlock: ['report', 'reject'],
});

export const DEFAULT_CONFIG: Config = Object.freeze({
  rules: 'dept',
  attribution: 'precise',
  report: '',
  graph: '',
  record: '',
  suppressionsFile: '',
  print: true,
  format: 'auto',
  indent: 3,
  stacks: 'new',
  exitCode: 0,
  onDeadlock: 'report',
  stall: 'auto',
  stallValues: false,
  stallBudgetMs: 3_000,
  stallAfterMs: 0,
  stallSignal: '',
  watchdogMs: 0,
  ownLocks: true,
  tally: '',
});

/** All variables that dept reads. */
export const VARIABLES: ReadonlySet<string> = new Set([
  'DEPT_RULES',
  'DEPT_ATTRIBUTION',
  'DEPT_REPORT',
  'DEPT_GRAPH',
  'DEPT_RECORD',
  'DEPT_SUPPRESSIONS',
  'DEPT_PRINT',
  'DEPT_FORMAT',
  'DEPT_INDENT',
  'DEPT_STACKS',
  'DEPT_EXIT_CODE',
  'DEPT_ON_DEADLOCK',
  'DEPT_STALL',
  'DEPT_STALL_VALUES',
  'DEPT_STALL_BUDGET_MS',
  'DEPT_STALL_AFTER_MS',
  'DEPT_STALL_SIGNAL',
  'DEPT_WATCHDOG_MS',
  'DEPT_OWN_LOCKS',
  'DEPT_TALLY',
]);

/** Longest time a timer takes. */
const MAX_MS = 2 ** 31 - 1;

type Env = Readonly<Record<string, string | undefined>>;

/**
 * Reads the configuration from environment variables.
 * @throws DeptError ERR_DEPT_BAD_CONFIG naming the variable, its value and what is allowed
 */
export function configFromEnv(env: Env): Config {
  return {
    rules: oneOf(env, 'DEPT_RULES', CHOICES.rules, DEFAULT_CONFIG.rules),
    attribution: oneOf(env, 'DEPT_ATTRIBUTION', CHOICES.attribution, DEFAULT_CONFIG.attribution),
    report: env['DEPT_REPORT'] ?? '',
    graph: env['DEPT_GRAPH'] ?? '',
    record: env['DEPT_RECORD'] ?? '',
    suppressionsFile: env['DEPT_SUPPRESSIONS'] ?? '',
    print: oneOf(env, 'DEPT_PRINT', ['1', '0'], '1') === '1',
    format: oneOf(env, 'DEPT_FORMAT', ['auto', 'pretty', 'dept'], DEFAULT_CONFIG.format),
    indent: oneOf(env, 'DEPT_INDENT', ['3', '4'], '3') === '4' ? 4 : 3,
    stacks: oneOf(env, 'DEPT_STACKS', CHOICES.stacks, DEFAULT_CONFIG.stacks),
    exitCode: wholeNumber(env, 'DEPT_EXIT_CODE', 255, DEFAULT_CONFIG.exitCode),
    onDeadlock: oneOf(env, 'DEPT_ON_DEADLOCK', CHOICES.onDeadlock, DEFAULT_CONFIG.onDeadlock),
    ...stallConfig(env),
    ownLocks: oneOf(env, 'DEPT_OWN_LOCKS', ['1', '0'], '1') === '1',
    tally: env['DEPT_TALLY'] ?? '',
  };
}

function oneOf<T extends string>(env: Env, name: string, allowed: readonly T[], fallback: T): T {
  const value = env[name];
  if (value === undefined || value === '') return fallback;
  const known = allowed.find((candidate) => candidate === value);
  if (known === undefined) throw badConfig(name, value, inWords(allowed, 'or'));
  return known;
}

/** What a stalled program tells, for the preload and for `dept stall`. */
function stallConfig(
  env: Env,
): Pick<Config, 'stall' | 'stallValues' | 'stallBudgetMs' | 'stallAfterMs' | 'stallSignal' | 'watchdogMs'> {
  const modes = { auto: 'auto', '1': 'always', '0': 'never' } as const;
  return {
    stall: modes[oneOf(env, 'DEPT_STALL', ['auto', '1', '0'], 'auto')],
    stallValues: oneOf(env, 'DEPT_STALL_VALUES', ['1', '0'], '0') === '1',
    stallBudgetMs: wholeNumber(env, 'DEPT_STALL_BUDGET_MS', MAX_MS, DEFAULT_CONFIG.stallBudgetMs),
    stallAfterMs: wholeNumber(env, 'DEPT_STALL_AFTER_MS', MAX_MS, DEFAULT_CONFIG.stallAfterMs),
    stallSignal: signal(env['DEPT_STALL_SIGNAL']),
    watchdogMs: wholeNumber(env, 'DEPT_WATCHDOG_MS', MAX_MS, DEFAULT_CONFIG.watchdogMs),
  };
}

function signal(value: string | undefined): string {
  if (value === undefined || value === '') return DEFAULT_CONFIG.stallSignal;
  const isKnown = Object.hasOwn(constants.signals, value) && value !== 'SIGKILL' && value !== 'SIGSTOP';
  if (!isKnown) throw badConfig('DEPT_STALL_SIGNAL', value, 'a signal that can be caught, such as SIGUSR2');
  return value;
}

function wholeNumber(env: Env, name: string, max: number, fallback: number): number {
  const value = env[name];
  if (value === undefined || value === '') return fallback;
  const number = Number(value);
  if (!Number.isInteger(number) || number < 0 || number > max)
    throw badConfig(name, value, `a whole number from 0 to ${max}`);
  return number;
}

function badConfig(name: string, value: string, allowed: string): DeptError {
  return new DeptError('ERR_DEPT_BAD_CONFIG', `${name} is ${JSON.stringify(value)}; it must be ${allowed}.`);
}
