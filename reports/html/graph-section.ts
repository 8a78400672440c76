import type { GraphData } from './graph-data.ts';
import { html, type Markup } from './markup.ts';

/** The class graph around a circle, which the page's script draws, with everything that moves it. */
export function graphSection(data: GraphData, findings: number): Markup {
  const { names, edges, omitted } = data;
  const parts = [`${names.length} classes`, `${edges.length / 4} dependencies`];
  if (omitted.classes > 0) parts.push(`${omitted.classes} classes left out`);
  if (omitted.edges > 0) parts.push(`${omitted.edges} dependencies far from the circles left out`);
  const circles = data.circles.flatMap((circle, index) =>
    circle.length === 0 ? [] : [html`<option value="${index}">circle of finding ${index + 1}</option>`],
  );
  return html`<section id="graph" tabindex="-1" aria-labelledby="graph-title">
<h2 id="graph-title">Class graph</h2>
<p class="note">${parts.join(', ')}. An arrow says: its tail cannot happen until its head happens. Shown is the neighbourhood of ${findings === 0 ? 'the class with the most dependencies' : 'a circle'}, or of the class you choose.</p>
<noscript><p class="note">The graph is drawn by the script of this page, which does not run here. Everything else does not need it.</p></noscript>
<div class="graph-tools" hidden>
<label class="search">Search <input id="search" type="search" role="combobox" aria-expanded="false" aria-controls="matches" aria-autocomplete="list" autocomplete="off" spellcheck="false" placeholder="a class, a place" aria-keyshortcuts="/"><span id="matches" role="listbox" aria-label="Classes" hidden></span></label>
<label>Around <select id="around">${circles}<option value="" hidden>the chosen class</option></select></label>
<label>Steps <select id="steps"><option selected>1</option><option>2</option><option>3</option></select></label>
<label>Kind <select id="kind"><option value="-1">all</option>${data.kinds.map((kind, index) => html`<option value="${index}">${kind}</option>`)}</select></label>
<label>Contexts <input id="context" type="search" autocomplete="off" spellcheck="false" placeholder="all"></label>
<label><input id="timed" type="checkbox" checked> waits with a timeout</label>
<span class="zoom"><button type="button" id="zoom-out" aria-label="Zoom out">−</button><button type="button" id="zoom-in" aria-label="Zoom in">+</button><button type="button" id="fit">Fit</button></span></div>
<div class="graph-view" hidden><svg id="canvas" role="group" aria-label="Class graph. Arrow keys move between classes, Enter chooses one."><defs>${arrowHead('plain')}${arrowHead('circle')}</defs><g id="drawing"></g></svg><aside id="details" aria-live="polite"></aside></div>
<p class="note" id="shown" role="status"></p></section>`;
}

function arrowHead(kind: string): Markup {
  return html`<marker id="to-${kind}" viewBox="0 0 10 10" refX="8" refY="5" markerWidth="9" markerHeight="9" markerUnits="userSpaceOnUse" orient="auto"><path class="edge-head ${kind}" d="M0 0 10 5 0 10z"/></marker>`;
}

const KEYS: readonly (readonly [keys: string, meaning: string])[] = [
  ['j, k', 'next and previous finding'],
  ['/', 'search a class'],
  ['t', 'theme: system, light, dark'],
  ['g', 'class graph'],
  ['arrow keys', 'in the graph: the class in that direction'],
  ['Enter', 'in the graph: the neighbourhood of that class'],
  ['Shift and arrow keys', 'in the graph: move the drawing'],
  ['+, -, 0', 'in the graph: zoom in, zoom out, fit'],
  ['Escape', 'in the graph: back to the circle'],
  ['?', 'this list'],
];

export function helpDialog(): Markup {
  const rows = KEYS.map(([keys, meaning]) => html`<dt><kbd>${keys}</kbd></dt><dd>${meaning}</dd>`);
  return html`<dialog id="help" aria-labelledby="help-title"><h2 id="help-title">Keys</h2><dl>${rows}</dl><form method="dialog"><button>Close</button></form></dialog>`;
}
