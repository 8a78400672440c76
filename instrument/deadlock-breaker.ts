import { DeptError } from '../src/core/dept-error.ts';
import type { Finding } from '../src/core/finding.ts';
import type { Wait } from '../src/core/wait.ts';
import { quietly } from '../src/sync/hooks.ts';
import type { Step } from '../src/tracker/stuck-waits.ts';

/** What a wait is rejected with that was given up so that a deadlock ends. */
export class DeadlockError extends DeptError {
  /** The deadlock, as data. */
  readonly finding: Finding;
  /** The deadlock as dept prints it. */
  readonly report: string;

  constructor(finding: Finding, report: string) {
    super('ERR_DEPT_DEADLOCK', `${finding.message} This wait was refused, so that the others go on.`);
    this.name = 'DeadlockError';
    this.finding = finding;
    this.report = report;
  }
}

/**
 * Refuses one wait of each deadlock: that of the context which has held its part of the circle for the shortest time and
 * whose library lets go of a waiter. Nothing is done where no wait can be refused.
 * @param format the report of a finding
 */
export function deadlockBreaker(
  format: (finding: Finding) => string,
): (finding: Finding, steps: readonly Step[]) => Wait | null {
  return (finding, steps) => {
    const victim = youngest(steps);
    if (victim === null) return null;
    // The code that closed the circle is still about to wait.
    queueMicrotask(() => {
      if (victim.pending) quietly(() => victim.refuser?.refuse(victim, new DeadlockError(finding, format(finding))));
    });
    return victim;
  };
}

function youngest(steps: readonly Step[]): Wait | null {
  const refusable = steps.filter(({ wait }) => wait.refuser !== null);
  const [first, ...others] = refusable;
  if (first === undefined) return null;
  return others.reduce((best, step) => (step.held.begin > best.held.begin ? step : best), first).wait;
}
