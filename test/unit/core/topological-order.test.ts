import { describe, expect, test } from 'vitest';
import { TopologicalOrder } from '../../../src/core/topological-order.ts';

function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return (state >>> 8) % below;
  };
}

describe('TopologicalOrder', () => {
  test('puts the tail of an arc before its head', () => {
    const order = new TopologicalOrder();
    expect(order.insert(5, 2)).toBe(true);
    expect(order.insert(2, 0)).toBe(true);
    expect([order.isBefore(5, 2), order.isBefore(2, 0), order.isBefore(0, 5)]).toEqual([true, true, false]);
    expect([order.nodeCount, order.arcCount]).toEqual([6, 2]);
    expect([order.hasArc(5, 2), order.hasArc(2, 5), order.hasArc(99, 0)]).toEqual([true, false, false]);
  });

  test('refuses the arc that closes a circle, and is unchanged', () => {
    const order = new TopologicalOrder();
    order.insert(2, 1);
    order.insert(1, 0);
    expect([order.insert(0, 2), order.insert(1, 2), order.insert(1, 1)]).toEqual([false, false, false]);
    expect(order.arcCount).toBe(2);
    expect([order.isBefore(2, 1), order.isBefore(1, 0)]).toEqual([true, true]);
    order.checkInvariants();
  });

  for (const length of [10, 100, 3000]) {
    test(`accepts a chain of ${length} in either direction, and refuses to close it`, () => {
      const forward = new TopologicalOrder();
      const reverse = new TopologicalOrder();
      for (let i = 0; i < length; i++) {
        expect(forward.insert(i, i + 1)).toBe(true);
        expect(reverse.insert(length - i - 1, length - i)).toBe(true);
      }
      expect([forward.insert(length, 0), reverse.insert(length, 0)]).toEqual([false, false]);
      forward.checkInvariants();
      reverse.checkInvariants();
    });
  }

  test('raises nodes to a next level when one is crowded', () => {
    // A tree whose root has more predecessors in its level than a search may follow.
    const order = new TopologicalOrder();
    for (let i = 1; i <= 100; i++) {
      expect(order.insert(i, 200)).toBe(true);
    }
    expect(order.insert(200, 150)).toBe(true);
    expect(order.insert(150, 3)).toBe(false);
    expect(order.insert(200, 0)).toBe(true);
    order.checkInvariants();
    for (let i = 1; i <= 100; i++) {
      expect(order.insert(0, i)).toBe(false);
    }
    order.checkInvariants();
  });

  test('an arc deleted no longer forbids its reverse', () => {
    const order = new TopologicalOrder();
    order.insert(0, 1);
    order.insert(1, 2);
    expect([order.insert(2, 0), order.delete(1, 2), order.delete(1, 2), order.insert(2, 0)]).toEqual([
      false,
      true,
      false,
      true,
    ]);
    expect([order.delete(7, 0), order.delete(0, 7)]).toEqual([false, false]);
    order.checkInvariants();
  });

  test('removes a node only when its arcs are gone', () => {
    const order = new TopologicalOrder();
    order.insert(1, 0);
    expect(() => order.removeNode(1)).toThrow('still has arcs');
    order.delete(1, 0);
    order.removeNode(1);
    order.removeNode(77);
    expect(order.insert(0, 1)).toBe(true);
    order.checkInvariants();
  });

  test('numbers its nodes anew before the indices run out', () => {
    const order = new TopologicalOrder(-0x7fff_ffff + 700);
    const reference = new TopologicalOrder();
    const next = random(3);
    const added = new Set<number>();
    for (let step = 0; step < 6000; step++) {
      const [from, to] = [next(80), next(80)];
      if (!added.has(from * 80 + to)) {
        const accepted = order.insert(from, to);
        expect(accepted).toBe(reference.insert(from, to));
        if (accepted) {
          added.add(from * 80 + to);
        }
      } else {
        expect([order.delete(from, to), reference.delete(from, to)]).toEqual([true, true]);
        added.delete(from * 80 + to);
      }
      if (step % 100 === 0) {
        order.checkInvariants();
      }
    }
    order.checkInvariants();
  });
});
