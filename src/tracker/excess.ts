import type { OpenWait } from '../core/finding.ts';
import type { Wait } from '../core/wait.ts';

/** Between what is asked for and what there is, in the label of an object. */
const BUT = ', which has only ';

/**
 * True for a wait that asks for more permits than its object has, while nobody holds any: nobody will ever grant it. Not
 * where the program has added permits of its own, as it does with a semaphore that counts events.
 */
export function isExcessive({ object, more }: Wait): boolean {
  const { capacity } = object.key;
  return !object.permitsAdded && capacity > 0 && (more?.permits ?? 1) > capacity && !object.isHeld;
}

/** What an excessive wait waits for, in words. */
export function excessLabel(label: string, { object, more }: Wait): string {
  return `${more?.permits} permits of ${label}${BUT}${object.key.capacity}`;
}

/** What to do about excessive waits among these. */
export function excessAdvice(waits: readonly OpenWait[]): readonly string[] {
  const labels = new Set(waits.map(({ objectLabel }) => objectLabel).filter((label) => label.includes(BUT)));
  return [...labels].map((label) => `Nobody can ever grant ${label}: ask for fewer, or make it larger.`);
}
