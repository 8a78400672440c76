import { DeptError } from '../src/core/dept-error.ts';
import type { RuleSet } from '../src/core/finding.ts';
import type { AttributionMode } from './attribution/promise-hooks.ts';

/** How a run is watched. Every field has an environment variable, named in its line. */
export interface Config {
  /** `DEPT_RULES`: `dept` (default) or the kernel's exact `linux` rules. */
  readonly rules: RuleSet;
  /** `DEPT_ATTRIBUTION`: `precise` (default) or `dynamic`, which costs an idle program nothing and may miss. */
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
  /** `DEPT_TALLY`: file to which each finding is appended in short; how `dept run` learns of findings in any process below it. */
  readonly tally: string;
}

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
  tally: '',
});

/**
 * Reads the configuration from environment variables.
 * @throws DeptError ERR_DEPT_BAD_CONFIG naming the variable, its value and what is allowed
 */
export function configFromEnv(env: Readonly<Record<string, string | undefined>>): Config {
  return {
    rules: oneOf(env, 'DEPT_RULES', ['dept', 'linux'], DEFAULT_CONFIG.rules),
    attribution: oneOf(env, 'DEPT_ATTRIBUTION', ['precise', 'dynamic'], DEFAULT_CONFIG.attribution),
    report: env['DEPT_REPORT'] ?? '',
    graph: env['DEPT_GRAPH'] ?? '',
    record: env['DEPT_RECORD'] ?? '',
    suppressionsFile: env['DEPT_SUPPRESSIONS'] ?? '',
    print: oneOf(env, 'DEPT_PRINT', ['1', '0'], '1') === '1',
    format: oneOf(env, 'DEPT_FORMAT', ['auto', 'pretty', 'dept'], DEFAULT_CONFIG.format),
    indent: oneOf(env, 'DEPT_INDENT', ['3', '4'], '3') === '4' ? 4 : 3,
    stacks: oneOf(env, 'DEPT_STACKS', ['new', 'off'], DEFAULT_CONFIG.stacks),
    exitCode: exitCode(env['DEPT_EXIT_CODE']),
    tally: env['DEPT_TALLY'] ?? '',
  };
}

function oneOf<T extends string>(
  env: Readonly<Record<string, string | undefined>>,
  name: string,
  allowed: readonly T[],
  fallback: T,
): T {
  const value = env[name];
  if (value === undefined || value === '') return fallback;
  const known = allowed.find((candidate) => candidate === value);
  if (known === undefined) throw badConfig(name, value, allowed.join(' or '));
  return known;
}

function exitCode(value: string | undefined): number {
  if (value === undefined || value === '') return DEFAULT_CONFIG.exitCode;
  const code = Number(value);
  if (!Number.isInteger(code) || code < 0 || code > 255)
    throw badConfig('DEPT_EXIT_CODE', value, 'a number from 0 to 255');
  return code;
}

function badConfig(name: string, value: string, allowed: string): DeptError {
  return new DeptError('ERR_DEPT_BAD_CONFIG', `${name} is ${JSON.stringify(value)}; it must be ${allowed}.`);
}
