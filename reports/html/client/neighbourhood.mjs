import { contextOf, data, edges, isTimed, leaving, reaching } from './page-data.mjs';

/** @typedef {{ id: number, level: number, x: number, y: number }} Shown */

const MAX_SHOWN = 36;
const MAX_ROWS = 8;
export const BOX = { width: 200, height: 42, column: 260, row: 62 };

export const filters = { steps: 1, kind: -1, context: '', timed: true };
export const firstCircle = () => data.circles.findIndex((ids) => ids.length > 0);

export const state = {
  /** Index of the circle shown, or -1. */
  circle: -1,
  /** Where the neighbourhood starts. @type {number[]} */
  roots: [],
  chosen: -1,
  /** @type {Map<number, Shown>} */
  shown: new Map(),
};

/** Turns to a circle, or to one class. @param {number} id @param {number} circle */
export function turnTo(id, circle) {
  state.circle = circle;
  state.roots = circle < 0 ? [id] : [...new Set(data.circles[circle])];
  state.chosen = state.roots[0];
}

/** @param {number} at */
export function passes(at) {
  return (filters.timed || !isTimed(at)) && contextOf(at).toLowerCase().includes(filters.context);
}

/** Chooses the classes around the roots: on the right what they wait for, on the left what waits for them. Returns how many are left out. */
export function select() {
  let hidden = 0;
  /** A map goes on with what is put into it meanwhile: the queue of the search. @type {Map<number, Shown>} */
  const shown = new Map();
  /** @param {number} id @param {number} level */
  const meet = (id, level) => {
    if (shown.has(id) || Math.abs(level) > filters.steps) return;
    if (level !== 0 && filters.kind >= 0 && data.kindOf[id] !== filters.kind) return;
    if (shown.size < MAX_SHOWN) shown.set(id, { id, level, x: 0, y: 0 });
    else hidden++;
  };
  for (const root of state.roots) meet(root, 0);
  for (const { id, level } of shown.values()) {
    for (const edge of leaving[id]) if (passes(edge)) meet(edges[edge + 1], level < 0 ? level - 1 : level + 1);
    for (const edge of reaching[id]) if (passes(edge)) meet(edges[edge], level > 0 ? level + 1 : level - 1);
  }
  state.shown = shown;
  return hidden;
}

/** Columns by level, wrapped where one is long; in a column by the middle of the neighbours that have a place. */
export function place() {
  const levels = [...new Set([...state.shown.values()].map(({ level }) => level))].sort(
    (a, b) => Math.abs(a) - Math.abs(b),
  );
  const used = { left: 0, right: 0 };
  for (const level of levels) {
    const column = [...state.shown.values()].filter((node) => node.level === level);
    if (level !== 0) {
      for (const node of column) node.y = middleOf(node);
      column.sort((a, b) => a.y - b.y);
    }
    const size = level === 0 ? column.length : MAX_ROWS;
    for (let from = 0; from < column.length; from += size) {
      const part = column.slice(from, from + size);
      if (level < 0) used.left -= BOX.column;
      if (level > 0) used.right += BOX.column;
      const x = level < 0 ? used.left : level > 0 ? used.right : 0;
      for (const [row, node] of part.entries()) {
        node.x = x;
        node.y = (row - (part.length - 1) / 2) * (level === 0 ? BOX.row * 1.3 : BOX.row);
      }
    }
  }
}

/** @param {Shown} node */
function middleOf({ id, level }) {
  const ids = [...leaving[id].map((at) => edges[at + 1]), ...reaching[id].map((at) => edges[at])];
  const near = [...state.shown.values()].filter(
    (other) => ids.includes(other.id) && Math.abs(other.level) < Math.abs(level),
  );
  return near.reduce((sum, { y }) => sum + y, 0) / near.length;
}
