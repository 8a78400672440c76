import { DeptError } from '../src/core/dept-error.ts';
import { DEFAULT_LIMITS, type Limits } from '../src/core/limits.ts';
import { CHOICES, type Config, inWords } from './config.ts';

/** What a program may choose when it installs dept itself. The rest of the configuration is the preload's. */
export interface Choices extends Partial<Pick<Config, keyof typeof CHOICES>> {
  readonly limits?: Partial<Limits>;
}

/**
 * Programs in JavaScript have no types to tell them.
 * @throws DeptError ERR_DEPT_BAD_OPTION naming the option, its value and what is allowed
 */
export function checkOptions(options: Choices): void {
  for (const [name, allowed] of Object.entries(CHOICES)) {
    const value: unknown = options[name as keyof typeof CHOICES];
    if (value === undefined || allowed.some((choice) => choice === value)) continue;
    throw bad(name, value, inWords(allowed));
  }
  for (const [name, value] of Object.entries(options.limits ?? {}) as [string, unknown][]) {
    if (!Object.hasOwn(DEFAULT_LIMITS, name)) {
      throw new DeptError('ERR_DEPT_BAD_OPTION', `There is no limit ${name}; see docs/limits.md.`);
    }
    if (typeof value !== 'number' || !(value >= 0)) throw bad(`limits.${name}`, value, 'a number from 0');
  }
}

function bad(name: string, value: unknown, allowed: string): DeptError {
  const given = typeof value === 'string' ? JSON.stringify(value) : String(value);
  return new DeptError('ERR_DEPT_BAD_OPTION', `install(): ${name} is ${given}; it must be ${allowed}.`);
}
