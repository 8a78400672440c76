import { BOX, state } from './neighbourhood.mjs';
import { byId } from './page-data.mjs';

export const canvas = byId('canvas');
/** The part of the drawing that is seen. */
export let view = { x: 0, y: 0, width: 1, height: 1 };

function look() {
  canvas.setAttribute('viewBox', `${view.x} ${view.y} ${view.width} ${view.height}`);
}

export function fitAll() {
  const nodes = [...state.shown.values()];
  const xs = nodes.map(({ x }) => x);
  const ys = nodes.map(({ y }) => y);
  const left = Math.min(...xs) - BOX.width / 2 - 50;
  const top = Math.min(...ys) - 50;
  view = { x: left, y: top, width: Math.max(...xs) + BOX.width / 2 + 50 - left, height: Math.max(...ys) + 50 - top };
  // A few boxes must not fill the whole canvas.
  const scale = Math.max(
    1,
    Math.min((canvas.clientWidth || 900) / view.width, (canvas.clientHeight || 500) / view.height) / 1.15,
  );
  zoom(scale);
}

/** @param {number} factor @param {number} [x] @param {number} [y] */
export function zoom(factor, x = view.x + view.width / 2, y = view.y + view.height / 2) {
  const width = Math.min(20_000, Math.max(120, view.width * factor));
  const by = width / view.width;
  view = { x: x - (x - view.x) * by, y: y - (y - view.y) * by, width, height: view.height * by };
  look();
}

/** @param {number} x @param {number} y */
export function pan(x, y) {
  view.x += x;
  view.y += y;
  look();
}
