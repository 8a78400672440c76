import { canvas, fitAll, pan, view, zoom } from './canvas.mjs';
import { choose, draw, focusChosen, show, step } from './drawing.mjs';
import { filters, firstCircle, state } from './neighbourhood.mjs';
import { byId, data, isOurs, on } from './page-data.mjs';

/** @type {Record<string, [number, number]>} */
const DIRECTIONS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** @param {KeyboardEvent} event @returns {boolean} */
function graphKey({ key, shiftKey }) {
  const direction = DIRECTIONS[key];
  if (direction !== undefined && shiftKey) pan((direction[0] * view.width) / 8, (direction[1] * view.width) / 8);
  else if (direction !== undefined) step(...direction);
  else if (key === 'Enter' || key === ' ') show(state.chosen);
  else if (key === 'Escape') show(data.start, firstCircle());
  else if (key === '+' || key === '=') zoom(0.8);
  else if (key === '-') zoom(1.25);
  else if (key === '0') fitAll();
  else return false;
  if (key === 'Enter' || key === ' ' || key === 'Escape') focusChosen();
  return true;
}

export function listenToGraph() {
  on(canvas, 'keydown', (event) => {
    if (isOurs(event) && graphKey(event)) event.preventDefault();
  });
  on(canvas, 'wheel', turnWheel, { passive: false });
  listenToPointer();
  on(byId('zoom-in'), 'click', () => zoom(0.8));
  on(byId('zoom-out'), 'click', () => zoom(1.25));
  on(byId('fit'), 'click', fitAll);
  on(byId('around'), 'change', () => show(data.start, Number(byId('around').value)));
  const filter = () => {
    filters.steps = Number(byId('steps').value);
    filters.kind = Number(byId('kind').value);
    filters.timed = byId('timed').checked;
    filters.context = byId('context').value.toLowerCase();
    draw();
    fitAll();
  };
  for (const id of ['steps', 'kind', 'timed']) on(byId(id), 'change', filter);
  on(byId('context'), 'input', filter);
}

/** @param {WheelEvent} event */
function turnWheel(event) {
  // A page that is scrolled must not get stuck in its drawing.
  if (!event.ctrlKey && !canvas.contains(document.activeElement)) return;
  event.preventDefault();
  const { x, y } = new DOMPoint(event.clientX, event.clientY).matrixTransform(canvas.getScreenCTM().inverse());
  zoom(event.deltaY > 0 ? 1.15 : 1 / 1.15, x, y);
}

function listenToPointer() {
  /** @type {{ x: number, y: number } | null} */
  let held = null;
  let moved = 0;
  on(canvas, 'pointerdown', ({ clientX, clientY }) => {
    held = { x: clientX, y: clientY };
    moved = 0;
  });
  on(canvas, 'pointermove', ({ clientX, clientY, pointerId }) => {
    if (held === null) return;
    moved += Math.abs(clientX - held.x) + Math.abs(clientY - held.y);
    if (moved > 4) canvas.setPointerCapture(pointerId);
    const scale = 1 / canvas.getScreenCTM().a;
    pan((held.x - clientX) * scale, (held.y - clientY) * scale);
    held = { x: clientX, y: clientY };
  });
  on(window, 'pointerup', () => {
    held = null;
  });
  on(canvas, 'click', ({ target }) => {
    const node = target instanceof Element ? target.closest('.node') : null;
    if (moved > 4 || node === null) return;
    choose(Number(node.getAttribute('data-id')));
  });
}

/** Buttons of the page that lead to a class or a circle of the graph. */
export function listenToButtons() {
  on(document, 'click', ({ target }) => {
    const button = target instanceof Element ? target.closest('[data-class], [data-circle]') : null;
    if (button === null) return;
    const id = button.getAttribute('data-class');
    if (id === null) show(data.start, Number(button.getAttribute('data-circle')));
    else show(Number(id));
    if (!button.closest('#graph')) byId('graph').scrollIntoView();
    focusChosen();
  });
}
