import type { SuspendedFunction } from '../../src/core/finding.ts';
import { isInstalled } from '../paths.ts';
import { partOf } from '../stall/part-of-suspended.ts';

/**
 * Of the functions that have stopped those of the program, with what these wait for: not what a test runner does beside them. Without
 * their variables, for a runner puts the module around them.
 */
export function stoppedInProgram(all: readonly SuspendedFunction[]): readonly SuspendedFunction[] {
  return partOf(all, isOfProgram).map((each) => ({ ...each, locals: [] }));
}

function isOfProgram({ stack }: SuspendedFunction): boolean {
  const path = stack?.frames[0]?.path ?? null;
  return path !== null && !isInstalled(path);
}
