import { USER_SUBCLASSES } from '../../core/classes.ts';
import { DeptError } from '../../core/dept-error.ts';
import {
  ABORT_SIGNAL,
  ANYTHING,
  faultOf,
  MILLISECONDS,
  type OptionKind,
  type OptionKinds,
  optionKinds,
  TEXT,
} from '../../core/options.ts';

const SUBCLASS: OptionKind = {
  words: `a whole number from 0 to ${USER_SUBCLASSES - 1}`,
  allows: (value) => Number.isInteger(value) && Number(value) >= 0 && Number(value) < USER_SUBCLASSES,
};
const IDENTITY = { name: TEXT, label: TEXT, subclass: SUBCLASS, site: TEXT };
const WAIT = { timeoutMs: MILLISECONDS, signal: ABORT_SIGNAL };

/** Of a constructor that only names what it makes. */
export const IDENTITY_OPTIONS: OptionKinds = optionKinds(IDENTITY);
/** Of the constructor of a lock. */
export const LOCK_OPTIONS: OptionKinds = optionKinds({ ...IDENTITY, ...WAIT });
export const WAIT_OPTIONS: OptionKinds = optionKinds(WAIT);
/** How many there can be the semaphore says itself. */
export const ACQUIRE_OPTIONS: OptionKinds = optionKinds({ ...WAIT, permits: ANYTHING });

/** @throws DeptError `ERR_DEPT_BAD_OPTION` for what a wait of the object of that name was given */
export function checkWait(of: { readonly name: string }, operation: string, given: object, kinds: OptionKinds): void {
  const fault = faultOf(given, kinds);
  if (fault !== null) throw new DeptError('ERR_DEPT_BAD_OPTION', `${operation} of ${of.name}: ${fault}`);
}
