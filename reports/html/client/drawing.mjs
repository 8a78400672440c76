import { canvas, fitAll, pan, view } from './canvas.mjs';
import { describe } from './class-details.mjs';
import { BOX, passes, place, select, state, turnTo } from './neighbourhood.mjs';
import {
  byId,
  contextOf,
  data,
  edges,
  isOnCircle,
  isTimed,
  kindOf,
  leaving,
  make,
  names,
  reaching,
} from './page-data.mjs';

/** @typedef {import('./neighbourhood.mjs').Shown} Shown */

const HALF = BOX.width / 2;

/** @param {string} text @param {number} length */
const cut = (text, length) => {
  const letters = Array.from(text);
  if (letters.length > length) letters.splice(8, letters.length - length + 1, '…');
  return letters.join('');
};

export function draw() {
  const hidden = select();
  place();
  const nodes = [...state.shown.values()];
  /** @type {Element[]} */
  const lines = [];
  for (const node of nodes) {
    for (const at of leaving[node.id]) {
      const to = state.shown.get(edges[at + 1]);
      if (to !== undefined && (isOnCircle(at) || passes(at))) lines.push(drawEdge(at, node, to));
    }
  }
  byId('drawing').replaceChildren(...lines, ...nodes.map(drawNode));
  const more = hidden > 0 ? ', more around them: choose a class, or fewer steps' : '';
  byId('shown').textContent = `Shown: ${nodes.length} classes, ${lines.length} dependencies${more}.`;
  byId('around').value = state.circle < 0 ? '' : state.circle;
  describe(state.chosen);
}

/** @param {number} at @param {Shown} from @param {Shown} to */
function drawEdge(at, from, to) {
  const { chosen, roots } = state;
  const kind = isOnCircle(at) ? 'circle' : 'plain';
  const isFaded = kind === 'plain' && !roots.includes(chosen) && from.id !== chosen && to.id !== chosen;
  return make(
    'path',
    {
      class: `edge ${kind}${isTimed(at) ? ' timed' : ''}${isFaded ? ' faded' : ''}`,
      d: pathOf(from, to),
      'marker-end': `url(#to-${kind})`,
    },
    make('title', {}, `${names[from.id]} cannot happen until ${names[to.id]}, because of ${contextOf(at)}`),
  );
}

/** Between columns from side to side; within one beside it, down on the right and up on the left. @param {Shown} from @param {Shown} to */
function pathOf(from, to) {
  if (from === to) return `M${from.x + HALF} ${from.y - 8} c46 -34 46 50 4 16`;
  const isSame = from.x === to.x;
  const side = isSame ? Math.sign(to.y - from.y) : Math.sign(to.x - from.x);
  const start = from.x + side * HALF;
  const end = to.x + side * (isSame ? HALF + 3 : -HALF - 3);
  const bend = side * (isSame ? 30 + Math.abs(to.y - from.y) / 6 : Math.abs(end - start) / 2);
  return `M${start} ${from.y} C${start + bend} ${from.y} ${isSame ? end + bend : end - bend} ${to.y} ${end} ${to.y}`;
}

/** @param {Shown} node */
function drawNode({ id, x, y }) {
  const name = names[id];
  const site = data.sites[id];
  const out = leaving[id]?.length;
  const back = reaching[id]?.length;
  const left = 10 - HALF;
  const note = [kindOf(id), `${out} → ${back} ←`, site.split('/').at(-1)].filter(Boolean).join(', ');
  return make(
    'g',
    {
      class: `node${state.roots.includes(id) ? ' root' : ''}${id === state.chosen ? ' chosen' : ''}`,
      transform: `translate(${x} ${y})`,
      role: 'button',
      tabindex: id === state.chosen ? 0 : -1,
      'data-id': id,
      'aria-label': `${name}, ${kindOf(id)}, waits for ${out} classes, ${back} wait for it`,
    },
    make('title', {}, `${name} ${site}`),
    make('rect', { x: -HALF, y: -BOX.height / 2, width: BOX.width, height: BOX.height, rx: 6 }),
    make('text', { x: left, y: -3 }, cut(name, 23)),
    make('text', { x: left, y: 13, class: 'kind' }, cut(note, 29)),
  );
}

/** Shows the neighbourhood of one class, or a circle. @param {number} id @param {number} [circle] */
export function show(id, circle = -1) {
  turnTo(id, circle);
  draw();
  fitAll();
}

export const focusChosen = () => canvas.querySelector('[tabindex="0"]')?.focus({ preventScroll: true });

/** @param {number} id */
export function choose(id) {
  state.chosen = id;
  draw();
  focusChosen();
}

/** The nearest class in a direction; what lies beside it counts as farther. @param {number} dx @param {number} dy */
export function step(dx, dy) {
  const from = state.shown.get(state.chosen);
  if (from === undefined) return;
  let best = null;
  let least = Number.POSITIVE_INFINITY;
  for (const node of state.shown.values()) {
    const along = (node.x - from.x) * dx + (node.y - from.y) * dy;
    const aside = Math.abs((node.x - from.x) * dy) + Math.abs((node.y - from.y) * dx);
    if (along <= 0 || along + 2 * aside >= least) continue;
    least = along + 2 * aside;
    best = node;
  }
  if (best === null) return;
  const { x, y } = best;
  pan(
    Math.min(0, x - HALF - view.x) + Math.max(0, x + HALF - view.x - view.width),
    Math.min(0, y - 40 - view.y) + Math.max(0, y + 40 - view.y - view.height),
  );
  choose(best.id);
}
