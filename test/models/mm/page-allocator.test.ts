import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { __GFP_ZERO, GFP_HIGHUSER, GFP_KERNEL } from '../../../src/models/mm/gfp.ts';
import type { Page } from '../../../src/models/mm/page.ts';
import { MAX_PAGE_ORDER, PageAllocator, pageAllocator } from '../../../src/models/mm/page-allocator.ts';
import { PAGE_SIZE } from '../../../src/models/mm/page-size.ts';
import { failSlab } from '../../../src/models/slab.ts';
import { inKernel } from '../stage.ts';

const LARGEST = 2 ** MAX_PAGE_ORDER;
const ZEROED = GFP_HIGHUSER | __GFP_ZERO;

async function take(allocator: PageAllocator, order: number): Promise<Page> {
  const page = await allocator.alloc(GFP_KERNEL, order);
  if (page === null) throw new Error(`no page of order ${order}`);
  return page;
}

describe('the buddy allocator', () => {
  test('splits a larger piece, and puts it together again when all of it is free', async () => {
    await inKernel(async () => {
      const allocator = new PageAllocator(LARGEST);
      const small = await take(allocator, 0);
      expect(await allocator.alloc(GFP_KERNEL, MAX_PAGE_ORDER)).toBeNull();
      expect([(await take(allocator, 0)).pfn, (await take(allocator, 9)).pfn]).toEqual([1, 512]);
      allocator.free(small);
      expect((await take(allocator, 0)).pfn).toBe(0);
    });
  });

  test('pieces of any sizes never overlap, and everything comes back', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(fc.integer({ min: 0, max: 8 }), fc.boolean()), { maxLength: 60 }), (steps) =>
        inKernel(async () => {
          const allocator = new PageAllocator(2 * LARGEST);
          const held: Page[] = [];
          for (const [order, frees] of steps) {
            const page = frees ? null : await allocator.alloc(GFP_KERNEL, order);
            if (page !== null) held.push(page);
            else if (held.length > 0) allocator.free(held.splice(order % held.length, 1)[0] as Page);
            const frames = held.flatMap(({ pfn, count }) => Array.from({ length: count }, (_, i) => pfn + i));
            expect(new Set(frames).size).toBe(frames.length);
            expect(allocator.freeFrames).toBe(allocator.frames - frames.length);
            for (const { pfn, count } of held) expect(pfn % count).toBe(0);
          }
          for (const page of held) allocator.free(page);
          for (let i = 0; i < 2; i++) await take(allocator, MAX_PAGE_ORDER);
        }).then(() => undefined),
      ),
      { seed: 7, numRuns: 30 },
    );
  });

  test('has whole pieces of the largest order only, and runs out', async () => {
    await inKernel(async () => {
      const allocator = new PageAllocator(LARGEST + 1);
      expect([allocator.frames, allocator.freeFrames]).toEqual([LARGEST, LARGEST]);
      await take(allocator, MAX_PAGE_ORDER);
      expect([await allocator.alloc(GFP_KERNEL, 0), allocator.freeFrames]).toEqual([null, 0]);
    });
  });

  test('fails where a test wants it to', async () => {
    await inKernel(async () => {
      failSlab((what) => what === 'alloc_pages(order 4)');
      expect(await pageAllocator().alloc(GFP_KERNEL, 4)).toBeNull();
      expect(await pageAllocator().alloc(GFP_KERNEL, 5)).not.toBeNull();
    });
  });

  test('may sleep, so it is not for atomic context', async () => {
    await inKernel(async (world) => {
      await world.softirq(async () => {
        await expect(pageAllocator().alloc(GFP_KERNEL, 0)).rejects.toEqual(
          expect.objectContaining({ code: 'ERR_DEPT_ATOMIC' }),
        );
        expect(await pageAllocator().alloc(0, 0)).not.toBeNull();
      });
    });
  });
});

describe('a page', () => {
  test('keeps what was written, over the borders of its frames', async () => {
    await inKernel(async () => {
      const page = await take(new PageAllocator(), 1);
      page.write(PAGE_SIZE - 2, Uint8Array.of(1, 2, 3, 4));
      expect([...page.read(PAGE_SIZE - 3, 6)]).toEqual([0, 1, 2, 3, 4, 0]);
    });
  });

  test('has what was in its frames before, unless it is zeroed', async () => {
    await inKernel(async () => {
      const allocator = new PageAllocator(LARGEST);
      const secret = await take(allocator, 2);
      secret.write(3 * PAGE_SIZE, Uint8Array.of(42));
      allocator.free(secret);
      const dirty = await take(allocator, 2);
      expect([...dirty.read(3 * PAGE_SIZE, 1)]).toEqual([42]);
      allocator.free(dirty);
      const clean = await allocator.alloc(ZEROED, 2);
      expect([...(clean?.read(3 * PAGE_SIZE, 1) ?? [])]).toEqual([0]);
    });
  });

  test('is not used, and not freed, after it was freed', async () => {
    await inKernel(async () => {
      const allocator = new PageAllocator();
      const page = await take(allocator, 0);
      allocator.free(page);
      const free = allocator.freeFrames;
      const useAfterFree = expect.objectContaining({ code: 'ERR_DEPT_USE_AFTER_FREE' });
      expect(() => page.read(0, 1)).toThrow(useAfterFree);
      expect(() => page.write(0, Uint8Array.of(1))).toThrow(useAfterFree);
      expect(() => allocator.free(page)).toThrow(expect.objectContaining({ code: 'ERR_DEPT_DOUBLE_FREE' }));
      expect(allocator.freeFrames).toBe(free);
    });
  });
});
