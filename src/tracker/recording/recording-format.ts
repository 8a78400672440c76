import { DeptError } from '../../core/dept-error.ts';
import type { Limits } from '../../core/limits.ts';

/** Version of the recording; raised when a line changes its meaning. */
export const RECORDING_VERSION = 1;

/** Characters a recording may have; what comes after is not recorded, and one last line says so. */
export const MAX_RECORDING_CHARACTERS = 268_435_456;

/** The first line of a recording. */
export interface RecordingHeader {
  readonly dept: 'recording';
  readonly version: number;
  /** Limits of the session that differ from the defaults. */
  readonly limits: Partial<Limits>;
  /** What reports say of the process; opaque here. */
  readonly about: unknown;
}

/** What a line may hold behind its verb. */
export type Cell = string | number | null | readonly Cell[] | { readonly [name: string]: Cell };

/**
 * The verb a line begins with. Declarations come before their first use and number what they declare, from 1; 0 stands
 * for none. The others are the session's vocabulary, one line for each call.
 */
export type Verb =
  // declarations
  | 'object' // number, kind, name, site, capacity, subclass, label
  | 'context' // number, name, kind, exact
  | 'how' // number, [mode, startLabel, waitLabel, eventLabel, flags...]
  | 'frame' // number, function, file, line, column
  | 'stack' // number, frames
  | 'step' // number, wait, event context, left step, right step
  // vocabulary
  | 'wait' // number, context, object, how, more, stack, step
  | 'blocked' // wait, step
  | 'waited' // wait, outcome, context that runs
  | 'granted' // number of the event context, wait, how
  | 'enter' // number, context, object, how, more, stack, step
  | 'modify' // number, event context before, how, context
  | 'exit' // event context, context, stack, step
  | 'request' // context, object
  | 'event' // context, object, how, stack, step
  | 'handover' // event context, context
  | 'irq' // context, type, enabled
  | 'state' // context, activity, threaded
  | 'init' // context, object
  | 'destroy' // context, object
  | 'misuse' // context, kind, object, message, stack
  | 'ended' // context
  // what the end of a process, or the passing of time, made certain
  | 'confirm' // is last
  | 'spare' // wait
  | 'stalled' // a top-level await never settled
  | 'limit'; // characters

/** The error for a line that is none of a recording. */
export function badRecording(line: number, problem: string, cause?: unknown): DeptError {
  return new DeptError(
    'ERR_DEPT_BAD_RECORDING',
    `line ${line}: ${problem}; a recording is what dept run --record FILE writes`,
    cause === undefined ? undefined : { cause },
  );
}
