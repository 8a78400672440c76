import { describe, expect, test } from 'vitest';
import { Adjacency, grown, HEAD_LENGTH, HEAD_STRIDE } from '../../../src/core/adjacency.ts';

function filled(lengths: number[]): Adjacency {
  const lists = new Adjacency();
  lists.ensureNode(lengths.length - 1);
  for (const [node, length] of lengths.entries()) {
    for (let i = 0; i < length; i++) {
      lists.push(node, node * 1000 + i);
    }
  }
  return lists;
}

describe('Adjacency', () => {
  test('keeps lists of different lengths apart while they grow', () => {
    const lengths = Array.from({ length: 50 }, (_, node) => (node * 7) % 40);
    const lists = filled(lengths);
    for (const [node, length] of lengths.entries()) {
      expect([...lists.list(node)]).toEqual(Array.from({ length }, (_, i) => node * 1000 + i));
    }
  });

  test('can be read through heads and pool', () => {
    const lists = filled([3, 2]);
    const start = lists.heads[HEAD_STRIDE]!;
    const read = lists.pool.slice(start, start + lists.heads[HEAD_STRIDE + HEAD_LENGTH]!);
    expect([...read]).toEqual([1000, 1001]);
  });

  test('removes one occurrence only', () => {
    const lists = filled([4]);
    lists.push(0, 2);
    expect(lists.remove(0, 2)).toBe(true);
    expect([...lists.list(0)].toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3]);
    expect(lists.remove(0, 2)).toBe(true);
    expect(lists.remove(0, 2)).toBe(false);
    expect(lists.includes(0, 2)).toBe(false);
    expect(lists.includes(0, 3)).toBe(true);
  });

  test('clears a list without touching the next', () => {
    const lists = filled([4, 4]);
    lists.clear(0);
    lists.push(0, 9);
    expect([...lists.list(0)]).toEqual([9]);
    expect([...lists.list(1)]).toEqual([1000, 1001, 1002, 1003]);
  });

  test('uses freed blocks again', () => {
    const lists = filled(Array(100).fill(64));
    const before = lists.bytes;
    for (let round = 0; round < 20; round++) {
      for (let node = 0; node < 100; node++) {
        lists.release(node);
        expect(lists.lengthOf(node)).toBe(0);
      }
      for (let node = 0; node < 100; node++) {
        for (let i = 0; i < 64; i++) {
          lists.push(node, i);
        }
      }
    }
    expect(lists.bytes).toBeLessThan(before * 1.1);
    expect([...lists.list(99)]).toEqual([...Array(64).keys()]);
  });

  test('a list never used is empty and can be released', () => {
    const lists = filled([0, 1]);
    lists.release(0);
    expect([...lists.list(0)]).toEqual([]);
    expect([...lists.list(1)]).toEqual([1000]);
  });
});

test('grown keeps the cells and leaves room', () => {
  const cells = grown(Int32Array.of(1, 2, 3), 4);
  expect([...cells.subarray(0, 4)]).toEqual([1, 2, 3, 0]);
  expect(grown(new Int32Array(1000), 1001)).toHaveLength(2000);
  expect(grown(new Int32Array(10_000), 10_001)).toHaveLength(15_000);
  expect(grown(new Int32Array(20_000), 20_001)).toHaveLength(25_000);
});
