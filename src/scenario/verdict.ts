/** Something a detector said at one operation. */
export interface Note {
  /** Running number of the operation in the replay, from 1. */
  readonly at: number;
  readonly context: string;
  readonly op: string;
  /** `deadlock` or `misuse:<kind>`. */
  readonly verdict: string;
  readonly by: 'dept' | 'lockdep' | 'misuse' | 'run';
}

const WAIT_CONTEXT = 'misuse:wait-context';

/**
 * One verdict out of all that was said, in the words of `expect`: the first one counts, as the kernel's checkers stop
 * after their first report; a deadlock goes before a misuse of the same operation, and a wrong wait context, which
 * only hurts on PREEMPT_RT, after everything else.
 * @param notes in order of time
 */
export function verdictOf(notes: readonly Note[]): string {
  const serious = notes.filter(({ verdict }) => verdict !== WAIT_CONTEXT);
  const first = serious[0];
  if (first === undefined) return notes.length > 0 ? WAIT_CONTEXT : 'ok';
  const isDeadlock = serious.some(({ at, verdict }) => at === first.at && verdict === 'deadlock');
  return isDeadlock ? 'deadlock' : first.verdict;
}
