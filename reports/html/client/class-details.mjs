import { byId, contextOf, data, edges, kindOf, leaving, make, names, reaching } from './page-data.mjs';

const MAX_LISTED = 30;

/** Says beside the drawing what is known of a class. @param {number} id */
export function describe(id) {
  const name = names[id];
  if (name === undefined) return;
  byId('details').replaceChildren(
    make('h3', {}, make('bdi', {}, name)),
    make('p', {}, [kindOf(id), data.sites[id]].filter(Boolean).join(', ')),
    make('p', {}, countsOf(id)),
    ...list('Cannot happen until', leaving[id], 1),
    ...list('Needed by', reaching[id], 0),
  );
}

/** @param {number} id */
function countsOf(id) {
  const { statistics, unit } = data;
  const row = statistics[id];
  if (!row) return statistics.length > 0 ? 'No waits were counted.' : '';
  const [waits, contended, gaveUp, open, total, longest] = row;
  return `${waits} waits, ${contended} blocked, ${gaveUp} gave up, ${open} still open; ${total} ${unit} in all, ${longest} ${unit} at most.`;
}

/** @param {string} title @param {number[]} at @param {0 | 1} end */
function list(title, at, end) {
  if (at.length === 0) return [];
  const items = at.slice(0, MAX_LISTED).map((edge) => {
    const other = edges[edge + end];
    const button = make('button', { type: 'button', 'data-class': other }, make('bdi', {}, names[other]));
    return make('li', {}, button, ' ', make('small', {}, make('bdi', {}, contextOf(edge))));
  });
  if (at.length > MAX_LISTED) items.push(make('li', {}, `and ${at.length - MAX_LISTED} more`));
  return [make('h3', {}, `${title} (${at.length})`), make('ul', {}, ...items)];
}
