import type { Dependency } from '../core/dependency.ts';

/** What to do about values that are made by code which awaits them in a circle. */
export const AWAITED_VALUES_ADVICE: readonly string[] = Object.freeze([
  'Break the circle: let one of these functions start its work without awaiting another one of them.',
  'Or make what both need first, in a function that awaits neither of them.',
]);

/** True for a circle of values (promises that a factory, a cache or a loader gives) alone. */
export function areAwaitedValues(circle: readonly Dependency[]): boolean {
  return circle.every(({ from }) => from.key.kind === 'promise');
}
