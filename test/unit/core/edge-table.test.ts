import { describe, expect, test } from 'vitest';
import { EdgeTable, NO_EDGE } from '../../../src/core/edge-table.ts';

describe('EdgeTable', () => {
  test('answers -1 for what it does not know', () => {
    const table = new EdgeTable();
    expect(table.get(0, 0)).toBe(NO_EDGE);
    expect(table.get(-1, -1)).toBe(NO_EDGE);
    expect(table.delete(1, 2)).toBe(NO_EDGE);
    expect([table.from(0), table.to(0), table.from(1e6), table.from(NO_EDGE)]).toEqual([-1, -1, -1, -1]);
  });

  test('tells a pair from its reverse', () => {
    const table = new EdgeTable();
    table.set(3, 5, 0);
    expect(table.get(3, 5)).toBe(0);
    expect(table.get(5, 3)).toBe(NO_EDGE);
    table.set(5, 3, 1);
    expect([table.get(3, 5), table.get(5, 3)]).toEqual([0, 1]);
    expect([table.from(1), table.to(1)]).toEqual([5, 3]);
  });

  test('does not answer from its cache after a deletion', () => {
    const table = new EdgeTable();
    table.set(3, 5, 0);
    expect(table.get(3, 5)).toBe(0);
    expect(table.delete(3, 5)).toBe(0);
    expect(table.get(3, 5)).toBe(NO_EDGE);
    table.set(3, 5, 7);
    expect(table.get(3, 5)).toBe(7);
    expect(table.size).toBe(1);
  });

  const shapes: [string, (i: number) => [number, number]][] = [
    ['a chain', (i) => [i, i + 1]],
    ['a star', (i) => [0, i]],
    ['a star turned inward', (i) => [i, 1]],
    ['a grid', (i) => [i % 173, Math.floor(i / 173)]],
    ['multiples of a power of two', (i) => [i << 10, i << 14]],
    ['large numbers', (i) => [2 ** 31 - 1 - i, 2 ** 30 + i]],
  ];
  for (const [name, pair] of shapes) {
    test(`finds every edge of ${name}, also while half of them are deleted and come back`, () => {
      const table = new EdgeTable();
      const count = 20_000;
      for (let i = 0; i < count; i++) {
        table.set(...pair(i), i);
      }
      const numbers = [...Array(count).keys()];
      const even = numbers.filter((i) => i % 2 === 0);
      expect(even.filter((i) => table.delete(...pair(i)) !== i)).toEqual([]);
      expect(table.size).toBe(count / 2);
      expect(numbers.filter((i) => table.get(...pair(i)) !== (i % 2 === 0 ? NO_EDGE : i))).toEqual([]);
      const bytes = table.bytes;
      for (const i of even) {
        table.set(...pair(i), i);
      }
      expect(numbers.filter((i) => table.get(...pair(i)) !== i)).toEqual([]);
      expect(numbers.map((i) => [table.from(i), table.to(i)])).toEqual(numbers.map(pair));
      expect(table.bytes).toBe(bytes);
    });
  }

  for (const [name, pair] of [
    ['out of one node', (i: number): [number, number] => [1, i]],
    ['into one node', (i: number): [number, number] => [i, 1]],
  ] as const) {
    test(`is not misled by slots that look alike for many edges ${name}`, () => {
      const table = new EdgeTable();
      const scattered = (i: number): number => Math.imul(i + 1, 0x2545f491) >>> 1;
      for (let i = 0; i < 250_000; i++) {
        table.set(...pair(scattered(i)), i);
      }
      let found = 0;
      for (let i = 250_000; i < 1_000_000; i++) {
        found += table.get(...pair(scattered(i))) === NO_EDGE ? 0 : 1;
      }
      expect(found).toBe(0);
    });
  }

  test('agrees with a Map over long runs of changes on few slots', () => {
    let seed = 1;
    const random = (below: number): number => {
      seed = (Math.imul(seed, 1664525) + 1013904223) | 0;
      return (seed >>> 8) % below;
    };
    for (let run = 0; run < 50; run++) {
      const table = new EdgeTable();
      const known = new Map<string, number>();
      const free = [...Array(12).keys()];
      for (let step = 0; step < 600; step++) {
        const [from, to] = [random(5), random(5)];
        const key = `${from}>${to}`;
        expect(table.get(from, to)).toBe(known.get(key) ?? NO_EDGE);
        if (known.has(key)) {
          free.push(known.get(key)!);
          expect(table.delete(from, to)).toBe(known.get(key));
          known.delete(key);
        } else if (free.length > 0) {
          known.set(key, free.pop()!);
          table.set(from, to, known.get(key)!);
        }
        expect(table.size).toBe(known.size);
      }
    }
  });

  test('takes 30 bytes per edge at most', () => {
    const table = new EdgeTable();
    let largest = 0;
    for (let i = 0; i < 100_000; i++) {
      table.set(i, i * 3, i);
      largest = Math.max(largest, i < 1000 ? 0 : table.bytes / table.size);
    }
    expect(largest).toBeLessThan(30);
  });
});
