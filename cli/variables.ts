import { misspeltVariable } from '../instrument/misspelt-variables.ts';
import { UsageError } from './usage-error.ts';

/**
 * Looks at the variables that the program will be watched with, before it runs.
 * @throws UsageError for one that dept does not have, but nearly
 */
export function checkVariables(): void {
  const misspelt = misspeltVariable(process.env);
  if (misspelt !== null) throw new UsageError(misspelt.replace(/^t/, 'T'));
}
