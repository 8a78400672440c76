import { expect } from '@jest/globals';
import type { Tracked } from 'dept/jest';

/** Never run: it compiles only if the matchers are known to the `expect` of jest, with the codes they take. */
export async function usesMatchers(tracked: Tracked<number>): Promise<void> {
  await expect(tracked).toDeadlock();
  await expect(() => 1).not.toDeadlock();
  await expect(tracked).toHaveFinding('DEPT001');
  // @ts-expect-error there is no such code
  await expect(tracked).toHaveFinding('DEPT999');
}
