import { describe, expect, test } from 'vitest';
import { EdgeLists } from '../../../src/core/edge-lists.ts';

function out(lists: EdgeLists, node: number): number[] {
  const edges: number[] = [];
  for (let edge = lists.newestOut(node); edge >= 0; edge = lists.olderOut(edge)) {
    edges.push(edge);
  }
  return edges;
}

function into(lists: EdgeLists, node: number): number[] {
  const edges: number[] = [];
  for (let edge = lists.newestIn(node); edge >= 0; edge = lists.olderIn(edge)) {
    edges.push(edge);
  }
  return edges;
}

describe('EdgeLists', () => {
  test('lists edges from the newest on', () => {
    const lists = new EdgeLists();
    lists.ensureNode(3);
    expect([lists.link(0, 1), lists.link(0, 2), lists.link(3, 2), lists.link(0, 3)]).toEqual([0, 1, 2, 3]);
    expect(out(lists, 0)).toEqual([3, 1, 0]);
    expect(into(lists, 2)).toEqual([2, 1]);
    expect(out(lists, 1)).toEqual([]);
  });

  test('takes an edge out of the beginning, the middle and the end of a list', () => {
    for (const gone of [0, 1, 2]) {
      const lists = new EdgeLists();
      lists.ensureNode(1);
      for (let i = 0; i < 3; i++) {
        lists.link(0, 1);
      }
      lists.unlink(gone, 0, 1);
      const left = [2, 1, 0].filter((edge) => edge !== gone);
      expect([out(lists, 0), into(lists, 1)]).toEqual([left, left]);
    }
  });

  test('keeps an edge from a node to itself in both lists', () => {
    const lists = new EdgeLists();
    lists.ensureNode(0);
    const edge = lists.link(0, 0);
    expect([out(lists, 0), into(lists, 0)]).toEqual([[edge], [edge]]);
    lists.unlink(edge, 0, 0);
    expect([out(lists, 0), into(lists, 0)]).toEqual([[], []]);
  });

  test('gives freed numbers again before new ones', () => {
    const lists = new EdgeLists();
    lists.ensureNode(1);
    for (let i = 0; i < 4; i++) {
      lists.link(0, 1);
    }
    lists.unlink(1, 0, 1);
    lists.unlink(3, 0, 1);
    expect([lists.link(1, 0), lists.link(1, 0), lists.link(1, 0)].toSorted((a, b) => a - b)).toEqual([1, 3, 4]);
    expect(lists.edgeLimit).toBe(5);
  });

  test('answers -1 for a node it does not have', () => {
    const lists = new EdgeLists();
    expect([lists.newestOut(5), lists.newestIn(5), lists.newestOut(-1)]).toEqual([-1, -1, -1]);
  });
});
