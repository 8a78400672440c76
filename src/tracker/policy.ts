import type { RuleSet } from '../core/finding.ts';

/** How pairs of two instances of one class are judged: as one class (Linux) or by the order of the instances. */
export type SameClassPolicy = 'class' | 'instance';

/** The rules in force, each one switchable; `linux` and `dept` are the two named sets. */
export interface Policy {
  readonly rules: RuleSet;
  /** A wait counts for an event when it ends after the request, not only when it begins after it. */
  readonly intervals: boolean;
  /** Waits with a timeout make dependencies too, marked as such (CONFIG_DEPT_AGGRESSIVE_TIMEOUT_WAIT). */
  readonly timedWaits: boolean;
  /** A sleep counts as a wait even when the event was already there. */
  readonly potentialSleeps: boolean;
  /** Readers of a sleeping reader/writer lock are readers; Linux treats them as writers. */
  readonly sharedReaders: boolean;
  readonly sameClass: SameClassPolicy;
  /** Circles that a gate lock, an order of contexts or a single context makes impossible are set aside. */
  readonly filters: boolean;
}

/** The kernel's exact rules (kernel/dependency/dept.c, v16 to v19). */
export const LINUX_POLICY: Policy = Object.freeze({
  rules: 'linux',
  intervals: false,
  timedWaits: false,
  potentialSleeps: false,
  sharedReaders: false,
  sameClass: 'class',
  filters: false,
});

/** Our improvements on them. */
export const DEPT_POLICY: Policy = Object.freeze({
  rules: 'dept',
  intervals: true,
  timedWaits: true,
  potentialSleeps: true,
  sharedReaders: true,
  sameClass: 'instance',
  filters: true,
});

export function policyFor(rules: RuleSet, changes: Partial<Policy> = {}): Policy {
  return { ...(rules === 'linux' ? LINUX_POLICY : DEPT_POLICY), ...changes };
}
