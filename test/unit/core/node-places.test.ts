import { describe, expect, test } from 'vitest';
import { NodePlaces, PLACE_MARK, PLACE_STRIDE } from '../../../src/core/node-places.ts';

function order(places: NodePlaces): number[] {
  return [...Array(places.count).keys()].toSorted((a, b) => (places.isBefore(a, b) ? -1 : 1));
}

describe('NodePlaces', () => {
  test('new nodes stand in the order of their numbers', () => {
    const places = new NodePlaces();
    places.ensureNode(4);
    places.ensureNode(2);
    expect(places.count).toBe(5);
    expect(order(places)).toEqual([0, 1, 2, 3, 4]);
    expect(places.isBefore(3, 3)).toBe(false);
  });

  test('the level counts before the index', () => {
    const places = new NodePlaces();
    places.ensureNode(3);
    places.putFirst(0, 2);
    places.putFirst(3, 1);
    expect(order(places)).toEqual([3, 1, 2, 0]);
  });

  test('a group moved to the front keeps its order', () => {
    const places = new NodePlaces();
    places.ensureNode(5);
    places.moveToFront(Int32Array.of(4, 2, 5, 99), 3);
    expect(order(places)).toEqual([2, 4, 5, 0, 1, 3]);
  });

  test('renumbers when the indices run out, and keeps the order', () => {
    const places = new NodePlaces(-0x7fff_ffff + 40);
    places.ensureNode(5);
    const expected = [0, 1, 2, 3, 4, 5];
    for (let i = 0; i < 200; i++) {
      places.prepareSearch();
      const node = (i * 5 + (i >> 3)) % 6;
      places.putFirst(node, 1);
      expected.splice(expected.indexOf(node), 1);
      expected.unshift(node);
      expect(order(places)).toEqual(expected);
    }
    places.ensureNode(6);
    expect(order(places)).toEqual([...expected, 6]);
  });

  test('every mark is new', () => {
    const places = new NodePlaces();
    places.ensureNode(1);
    const mark = places.newMark();
    places.cells[PLACE_STRIDE + PLACE_MARK] = mark;
    expect(places.newMark()).toBe(mark + 1);
    expect(places.cells[PLACE_MARK]).not.toBe(mark);
  });
});
