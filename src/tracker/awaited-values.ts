import type { Dependency } from '../core/dependency.ts';
import { inWords } from '../core/in-words.ts';

/** What to do about values that are made by code which awaits them in a circle. */
export const AWAITED_VALUES_ADVICE: readonly string[] = Object.freeze([
  'Break the circle: let one of these functions start its work without awaiting another one of them.',
  'Or make what both need first, in a function that awaits neither of them.',
]);

/** True for a circle of values (promises that a factory, a cache or a loader gives) alone. */
export function areAwaitedValues(circle: readonly Dependency[]): boolean {
  return circle.every(({ from }) => from.key.kind === 'promise');
}

/** What to do about values and what is held for others, such as a lock that the code which makes a value takes; null where there are no values. */
export function adviceForValues(circle: readonly Dependency[]): readonly string[] | null {
  const values = namesOf(circle, true);
  if (values === '') return null;
  const held = namesOf(circle, false);
  return [
    `Release ${held} before you await ${values}, or ask for ${values} before you take ${held}.`,
    `Or let the code that makes ${values} do without ${held}.`,
  ];
}

function namesOf(circle: readonly Dependency[], areValues: boolean): string {
  const names = circle
    .filter(({ from }) => (from.key.kind === 'promise') === areValues)
    .map(({ from }) => from.key.name);
  return inWords([...new Set(names)].sort());
}
