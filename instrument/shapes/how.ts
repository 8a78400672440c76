import { defineHow } from '../../src/core/how.ts';
import type { How } from '../../src/core/vocabulary.ts';

/** Descriptions are constants: one for each way of calling. */
const known = new Map<string, How>();

/**
 * The description of a call by its labels: of the wait and the start of the hold, and of its end. Dearer than the call
 * itself, so it is asked for where a method is patched, not where it runs.
 */
export function howOf(label: string, eventLabel: string, more: Partial<How> = {}): How {
  const key = JSON.stringify([label, eventLabel, more]);
  const how = known.get(key) ?? defineHow({ startLabel: label, waitLabel: label, eventLabel, ...more });
  known.set(key, how);
  return how;
}
