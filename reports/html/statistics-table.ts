import type { GraphData } from './graph-data.ts';
import { html, type Markup } from './markup.ts';

/** Rows a page prints; search finds the statistics of every other class. */
const MAX_ROWS = 100;

/** Statistics of the classes on circles, then of those that were waited for longest; says so when nothing was counted. */
export function statisticsTable(data: GraphData): Markup {
  if (data.statistics.length === 0) {
    return html`<p class="note">Nothing was counted. <code>dept run --graph FILE</code> counts waits for each class, and <code>dept show --format html --graph FILE</code> shows them here.</p>`;
  }
  const onCircle = new Set(data.circles.flat());
  const counted = data.statistics.flatMap((row, id) => (row === null ? [] : [{ id, row }]));
  counted.sort((a, b) => Number(onCircle.has(b.id)) - Number(onCircle.has(a.id)) || (b.row[4] ?? 0) - (a.row[4] ?? 0));
  const rows = counted.slice(0, MAX_ROWS).map(({ id, row }) => statisticsRow(data, id, row, onCircle.has(id)));
  const left =
    counted.length > MAX_ROWS
      ? html`<p class="note">${MAX_ROWS} of ${counted.length} classes: those on circles, and those that were waited for longest. The search of the graph finds the others.</p>`
      : null;
  const heads = [
    'Class',
    'Kind',
    'Waits',
    'Blocked',
    'Contention %',
    `Total wait (${data.unit})`,
    `Longest wait (${data.unit})`,
    'Gave up',
    'Still open',
  ];
  const cells = heads.map(
    (head, column) =>
      html`<th scope="col"${column < 2 ? null : html` class="number"`}><button type="button">${head}</button></th>`,
  );
  return html`<p class="note">Waits of each class. Contention is the share of waits that really blocked.${data.unit === 'ticks' ? ' Without a clock, times are logical: one tick for each recorded step.' : null}</p><div class="scroll" tabindex="0" role="region" aria-label="Statistics"><table class="statistics">
<thead><tr>${cells}</tr></thead><tbody>${rows}</tbody></table></div>${left}`;
}

function statisticsRow(data: GraphData, id: number, row: readonly number[], isOnCircle: boolean): Markup {
  const [waits = 0, contended = 0, gaveUp = 0, open = 0, total = 0, longest = 0] = row;
  const share = waits === 0 ? 0 : Math.round((1000 * contended) / waits) / 10;
  const numbers = [waits, contended, share, total, longest, gaveUp, open].map(
    (value) => html`<td class="number">${value}</td>`,
  );
  const site = data.sites[id] ?? '';
  return html`<tr${isOnCircle ? html` class="on-circle"` : null}><th scope="row"><button type="button" data-class="${id}"><bdi>${data.names[id] ?? ''}</bdi></button>${isOnCircle ? html` <b class="chip">circle</b>` : null}${site === '' ? null : html`<small>${site}</small>`}</th><td>${data.kinds[data.kindOf[id] ?? 0] ?? ''}</td>${numbers}</tr>`;
}
