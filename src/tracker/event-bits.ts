import type { ClassKey } from '../core/classes.ts';
import type { EventBit } from '../core/tracked-object.ts';
import type { How } from '../core/vocabulary.ts';
import type { Policy } from './policy.ts';

/** Event bit of a plain or writer's event. */
export const WRITE_BIT: EventBit = 0;
/** Event bit of a reader's event: its class is the writer's plus 8. */
export const READ_BIT: EventBit = 1;

const WRITE_ONLY: readonly EventBit[] = Object.freeze([WRITE_BIT]);
const BOTH: readonly EventBit[] = Object.freeze([WRITE_BIT, READ_BIT]);

/** A sleeping lock's readers count as writers in Linux. */
function hasReaders({ readers }: ClassKey, policy: Policy): boolean {
  return readers !== 'none' && (readers === 'spinning' || policy.sharedReaders);
}

/** True for a wait that may have to wait for readers, too. */
export function awaitsReaders(key: ClassKey, how: How, policy: Policy): boolean {
  return hasReaders(key, policy) && !(how.mode === 'read' && (how.recursive || !how.queued));
}

/**
 * The events a wait may have to wait for. Splitting readers from writers makes a circle through a recursive reader and a
 * shared holder impossible by construction: the strong-circle rule of lockdep (include/linux/dept_ldt.h).
 */
export function awaitedBits(key: ClassKey, how: How, policy: Policy): readonly EventBit[] {
  return awaitsReaders(key, how, policy) ? BOTH : WRITE_ONLY;
}

/** The event that a holder owes. */
export function owedBit(key: ClassKey, how: How, policy: Policy): EventBit {
  return how.mode === 'read' && hasReaders(key, policy) ? READ_BIT : WRITE_BIT;
}
