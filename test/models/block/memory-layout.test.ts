import { describe, expect, test } from 'vitest';
import { Bio } from '../../../src/models/block/bio.ts';
import { type QueueLimits, splitDmabufToken } from '../../../src/models/block/bio-split.ts';
import { IovIter } from '../../../src/models/block/iov-iter.ts';
import { buildPrp, prpListPages } from '../../../src/models/block/nvme-prp.ts';
import { buildSgl } from '../../../src/models/block/nvme-sgl.ts';
import { coalesce, slice } from '../../../src/models/dma-device.ts';

const PAGE = 4096;
const KIB = 1024;
const MIB = 1024 * KIB;
const LIMITS: QueueLimits = { maxBytes: 128 * KIB, maxSegments: 256, dmaAlignment: 3, logicalBlockSize: 512 };

function tokenBio(offset: number, size: number): Bio {
  const bio = new Bio({ direction: 'read' });
  bio.iovIterGetPages(IovIter.dmabufToken('read', {}, offset, size));
  return bio;
}

const pagesOf = (count: number, start = 0x10_0000): number[] =>
  Array.from({ length: count }, (_, i) => start + i * PAGE);
const allocator = (): ((bytes: number) => number) => {
  let next = 0x8000_0000;
  return (bytes) => {
    next += bytes;
    return next - bytes;
  };
};

describe('split', () => {
  test.each([
    [0, 4096, { bytes: 0, segments: 1 }],
    [512, 4096, { bytes: 0, segments: 2 }],
    [4095, 8192, -22],
    [0, MIB, { bytes: 128 * KIB, segments: 32 }],
    [512, MIB, { bytes: 128 * KIB, segments: 33 }],
    [0, 1000, -22],
  ])('offset %i, %i bytes', (offset, size, expected) => {
    expect(splitDmabufToken(tokenBio(offset, size), LIMITS, null)).toEqual(expected);
  });

  test.each([
    ['the length check reads 0', 0, 1000, LIMITS, { bytes: 0, segments: 1 }],
    ['the count is one short', 512, MIB, LIMITS, { bytes: 128 * KIB, segments: 32 }],
    ['a cut inside of a block', 4, 4096 * 3, { ...LIMITS, maxSegments: 2 }, { bytes: 8188, segments: 2 }],
  ])('before: %s', (_what, offset, size, limits, expected) => {
    expect(splitDmabufToken(tokenBio(offset, size), limits, null, { rangeSegments: false })).toEqual(expected);
  });

  test('cuts at a logical block where the limits end inside of one', () => {
    expect(splitDmabufToken(tokenBio(4, 4096 * 3), { ...LIMITS, maxSegments: 2 }, null)).toEqual({
      bytes: 7680,
      segments: 2,
    });
    expect(splitDmabufToken(tokenBio(4092, 1024), { ...LIMITS, maxSegments: 1 }, null)).toBe(-22);
  });

  test('counts the ranges of the mapping, not pages', () => {
    const ranges = [MIB, 64 * KIB, MIB];
    expect(splitDmabufToken(tokenBio(0, 2 * MIB), { ...LIMITS, maxBytes: 4 * MIB }, ranges)).toEqual({
      bytes: 0,
      segments: 3,
    });
    expect(
      splitDmabufToken(tokenBio(MIB - 512, MIB), { ...LIMITS, maxBytes: 4 * MIB, maxSegments: 2 }, ranges),
    ).toEqual({
      bytes: 64 * KIB + 512,
      segments: 2,
    });
  });

  test('the pieces of repeated splits cover the transfer once', () => {
    for (const offset of [0, 512, 4096 * 5 + 1024]) {
      const bio = tokenBio(offset, MIB);
      let at = offset;
      for (;;) {
        const split = splitDmabufToken(bio, LIMITS, null);
        if (typeof split === 'number') throw new Error(`split answers ${split}`);
        if (split.bytes === 0) break;
        const front = bio.split(split.bytes);
        expect(front.iter.bvecDone).toBe(at);
        at += front.iter.size;
      }
      expect(bio.iter.bvecDone).toBe(at);
      expect(at + bio.iter.size).toBe(offset + MIB);
    }
  });
});

describe('PRP', () => {
  test('one page, two pages, a list', () => {
    const pages = pagesOf(10);
    expect(buildPrp(pages, 512, 1024, allocator())).toMatchObject({ prp1: 0x10_0200, prp2: 0, entries: 1 });
    expect(buildPrp(pages, 512, 4096, allocator())).toMatchObject({ prp1: 0x10_0200, prp2: 0x10_1000, entries: 2 });
    const listed = buildPrp(pages, PAGE + 512, 3 * PAGE, allocator());
    expect(listed).toMatchObject({ prp1: 0x10_1200, prp2: 0x8000_0000, entries: 4, poolBytes: 256 });
    expect(listed.lists[0]?.entries).toEqual([0x10_2000, 0x10_3000, 0x10_4000]);
  });

  test.each([1, 2, 3, 33, 34, 513, 514, 1024, 1025, 1536])(
    '%i entries: every page once, lists chained by the last slot',
    (entries) => {
      const pages = pagesOf(entries);
      const prp = buildPrp(pages, 0, entries * PAGE, allocator());
      expect(prp.entries).toBe(entries);
      expect(prp.lists).toHaveLength(prpListPages(entries));
      const seen = [prp.prp1, ...(entries === 2 ? [prp.prp2] : [])];
      prp.lists.forEach((list, i) => {
        const next = prp.lists[i + 1];
        seen.push(...(next === undefined ? list.entries : list.entries.slice(0, -1)));
        if (next !== undefined) expect([list.entries.length, list.entries.at(-1)]).toEqual([512, next.address]);
      });
      expect(seen).toEqual(pages);
    },
  );
});

describe('SGL', () => {
  test('a single range lies in the command, several behind it', () => {
    const one = buildSgl([{ address: 0x1000, length: MIB }], 512, 4096, allocator());
    expect(one).toEqual({
      inline: { address: 0x1200, length: 4096, type: 'data-block' },
      segment: [],
      dataBlocks: 1,
      poolBytes: 0,
    });
    const two = buildSgl(
      [
        { address: 0x1000, length: PAGE },
        { address: 0x9000, length: PAGE },
      ],
      0,
      2 * PAGE,
      allocator(),
    );
    expect(two).toMatchObject({ inline: { length: 32, type: 'last-segment' }, dataBlocks: 2, poolBytes: 32 });
  });

  test('descriptors add up to the transfer', () => {
    const ranges = Array.from({ length: 9 }, (_, i) => ({ address: i * 0x10_0000, length: (i + 1) * 512 }));
    for (const [offset, length] of [
      [0, 512],
      [100, 5000],
      [511, 2],
      [0, 512 * 45],
    ] as const) {
      const sgl = buildSgl(ranges, offset, length, allocator());
      const blocks = sgl.segment.length === 0 ? [sgl.inline] : sgl.segment;
      expect(blocks.reduce((sum, block) => sum + block.length, 0)).toBe(length);
    }
  });

  test('neighbours in memory are one range', () => {
    expect(coalesce(pagesOf(256).map((address) => ({ address, length: PAGE })))).toEqual([
      { address: 0x10_0000, length: MIB },
    ]);
    expect(
      slice(
        [
          { address: 0, length: 10 },
          { address: 100, length: 10 },
        ],
        5,
        10,
      ),
    ).toEqual([
      { address: 5, length: 5 },
      { address: 100, length: 5 },
    ]);
  });
});
