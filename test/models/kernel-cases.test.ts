import { describe, expect, test } from 'vitest';
import { KERNEL_CASES } from './cases/index.ts';

describe('kernel cases', () => {
  test('ids are unique, and there are some', () => {
    const ids = KERNEL_CASES.map(({ id }) => id);
    expect(ids.length).toBeGreaterThan(100);
    expect(ids).toEqual([...new Set(ids)]);
  });

  for (const { id, title, fixed, before } of KERNEL_CASES) {
    test(`${id} ${title}`, () => fixed());
    if (before !== undefined) test(`${id} ${title}, before the fix`, () => before());
  }
});
