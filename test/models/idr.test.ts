import { describe, expect, test } from 'vitest';
import { Idr, INT_MAX } from '../../src/models/idr.ts';
import { failSlab } from '../../src/models/slab.ts';
import { EINVAL, ENOENT, ENOMEM, ENOSPC } from '../../src/sync/errno.ts';
import { SpinLock } from '../../src/sync/spinlock.ts';
import { inKernel } from './stage.ts';

const [A, B] = [{ name: 'A' }, { name: 'B' }];

describe('Idr', () => {
  test('gives out the smallest free id of a range', () => {
    const idr = new Idr<typeof A>();
    expect([idr.alloc(A, 0), idr.alloc(A, 0), idr.alloc(A, 5), idr.alloc(A, 0)]).toEqual([0, 1, 5, 2]);
    expect([idr.alloc(A, 5, 6), idr.alloc(A, 5, 7), idr.alloc(A, 5, 7)]).toEqual([-ENOSPC, 6, -ENOSPC]);
    idr.remove(1);
    idr.remove(0);
    expect([idr.alloc(A, 1), idr.alloc(A, 0), idr.alloc(A, 0), idr.size]).toEqual([1, 0, 3, 6]);
  });

  test('begins at its base, also for a range below it', () => {
    const idr = new Idr<typeof A>(1);
    expect([idr.alloc(A, 0), idr.alloc(A, 0, 1), idr.alloc(A, 1, 2)]).toEqual([1, 2, -ENOSPC]);
    idr.destroy();
    expect([idr.size, idr.alloc(A, 0)]).toEqual([0, 1]);
  });

  test('NULL is given out, and neither found nor listed', () => {
    const idr = new Idr<typeof A>(1);
    const id = idr.alloc(null, 1);
    idr.alloc(B, 9);
    idr.alloc(A, 3);
    expect([idr.find(id), idr.size, idr.entries()]).toEqual([
      null,
      3,
      [
        [3, A],
        [9, B],
      ],
    ]);
    expect([idr.replace(A, id), idr.replace(B, id), idr.replace(A, 77)]).toEqual([null, A, -ENOENT]);
    expect([idr.remove(id), idr.remove(id), idr.find(id)]).toEqual([B, null, null]);
  });

  test('ids end at INT_MAX; a start above it is a WARN', async () => {
    const { messages } = await inKernel(() => {
      const idr = new Idr<typeof A>(1);
      expect(idr.alloc(A, INT_MAX, INT_MAX + 1)).toBe(INT_MAX);
      expect(idr.alloc(A, INT_MAX)).toBe(-ENOSPC);
      expect(idr.alloc(A, INT_MAX + 1)).toBe(-EINVAL);
    });
    expect(messages('warn')).toEqual([expect.stringMatching(/start -2147483648 < 0/)]);
  });

  test('needs memory, which it may wait for where it is told so', async () => {
    const { messages } = await inKernel(async () => {
      const idr = new Idr<typeof A>(1);
      failSlab((what) => what === 'idr_alloc');
      expect(idr.alloc(A, 1)).toBe(-ENOMEM);
      failSlab(() => false);
      const lock = new SpinLock({ name: 'table_lock' });
      await lock.lock();
      expect(idr.alloc(A, 1)).toBe(1);
      expect(() => idr.alloc(A, 1, 0, 'GFP_KERNEL')).toThrow(expect.objectContaining({ code: 'ERR_DEPT_ATOMIC' }));
      lock.unlock();
    });
    expect(messages('scheduling-while-atomic')).toHaveLength(1);
  });
});
