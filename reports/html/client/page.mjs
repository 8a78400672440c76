import { fitAll } from './canvas.mjs';
import { draw, focusChosen } from './drawing.mjs';
import { listenToButtons, listenToGraph } from './graph-controls.mjs';
import { firstCircle, turnTo } from './neighbourhood.mjs';
import { byId, data, isOurs, names, on } from './page-data.mjs';
import { listenToSearch } from './search.mjs';

/** @param {string} id */
function goTo(id) {
  byId(id)?.focus({ preventScroll: true });
  byId(id)?.scrollIntoView();
}

function turnTheme() {
  const themes = ['system', 'light', 'dark'];
  const next = themes[(themes.indexOf(document.documentElement.dataset['theme'] ?? 'system') + 1) % 3] ?? 'system';
  document.documentElement.dataset['theme'] = next;
  byId('theme').textContent = `Theme: ${next}`;
}

/** @param {number} by */
function nextFinding(by) {
  const sections = [...document.querySelectorAll('.finding')];
  const now = sections.indexOf(document.activeElement?.closest('.finding') ?? document.body);
  const next = sections[Math.max(0, now + by)];
  if (next) goTo(next.id);
}

function listenToPage() {
  /** @type {Record<string, () => void>} */
  const keys = {
    j: () => nextFinding(1),
    k: () => nextFinding(-1),
    t: turnTheme,
    g: () => {
      goTo('graph');
      focusChosen();
    },
    '/': () => byId('search')?.focus(),
    '?': () => byId('help').showModal(),
  };
  on(document, 'keydown', (event) => {
    const act = keys[event.key];
    if (act === undefined || !isOurs(event) || event.target.closest?.('input, select, dialog')) return;
    event.preventDefault();
    act();
  });
  on(byId('theme'), 'click', turnTheme);
  on(byId('keys'), 'click', () => byId('help').showModal());
  /** @type {HTMLDetailsElement[]} */
  let closed = [];
  on(window, 'beforeprint', () => {
    closed = [...document.querySelectorAll('details')].filter((each) => !each.open);
    for (const each of closed) each.open = true;
  });
  on(window, 'afterprint', () => {
    for (const each of closed) each.open = false;
  });
}

/** The heads of the table sort its rows, numbers by size and the rest by name. */
function listenToTable() {
  const heads = [...document.querySelectorAll('.statistics thead th')];
  /** @type {any} */
  const body = document.querySelector('.statistics tbody');
  for (const [column, head] of heads.entries()) {
    on(head, 'click', () => {
      const order = head.ariaSort === 'descending' ? 'ascending' : 'descending';
      for (const each of heads) each.ariaSort = each === head ? order : null;
      const cell = (/** @type {any} */ row) => row.children[column].textContent;
      const rows = [...body.children].sort(
        (a, b) => Number(cell(b)) - Number(cell(a)) || cell(b).localeCompare(cell(a)),
      );
      body.append(...(order === 'descending' ? rows : rows.reverse()));
    });
  }
}

listenToPage();
listenToTable();
document.querySelector('.tools')?.removeAttribute('hidden');
if (names.length > 0) {
  for (const each of document.querySelectorAll('.graph-tools, .graph-view')) each.removeAttribute('hidden');
  listenToGraph();
  listenToSearch();
  listenToButtons();
  turnTo(data.start, firstCircle());
  draw();
  fitAll();
}
performance.mark('dept:ready');
