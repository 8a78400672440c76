import { className } from '../../src/core/classes.ts';
import type { Dependency } from '../../src/core/dependency.ts';
import { contextLetter } from '../text/names.ts';
import { html, type Markup } from './markup.ts';

const WIDTH = 420;
const MIDDLE = WIDTH / 2;
/** Half of what a label takes beside its dot. */
const LABEL_LENGTH = 22;
/** Space between an arc and the dots it joins, in radians times radius. */
const GAP = 15;
/** How many colours the contexts of a circle have; then they repeat. */
const HUES = 6;

interface Point {
  readonly x: number;
  readonly y: number;
}

/** The style class of a context: its colour wherever it is drawn. */
export function hueOf(index: number): string {
  return `hue${index % HUES}`;
}

/**
 * The circle as a ring: a dot for each class, an arc for each dependency with the letter of its context. An arc goes from
 * the event that cannot happen to the one it waits for. The letters lead to the contexts at `#<id>-<letter>`.
 */
export function ring(circle: readonly Dependency[], id: string): Markup {
  const radius = Math.max(92, circle.length * 17);
  const height = 2 * (radius + 46);
  const centre = { x: MIDDLE, y: height / 2 };
  const width = Math.max(WIDTH, 2 * (radius + 118));
  const names = walkOf(circle)
    .map(({ from }) => className(from))
    .join(', then ');
  return html`<svg class="ring" viewBox="${MIDDLE - width / 2} 0 ${width} ${height}" role="group" aria-label="Circle of ${names}, and back">
<defs>${circle.map((_, index) => arrowHead(`${id}-head${index}`, index))}</defs>
<text class="ring-note" x="${MIDDLE}" y="${centre.y + 4}">waits for</text>
${circle.map((dependency, index) => arc(dependency, index, circle.length, centre, radius, id))}
${circle.map(({ from }, index) => dot(className(from), index, circle.length, centre, radius))}
</svg>`;
}

function arrowHead(id: string, index: number): Markup {
  return html`<marker id="${id}" class="${hueOf(index)}" viewBox="0 0 10 10" refX="8" refY="5" markerWidth="6" markerHeight="6" orient="auto"><path class="head" d="M0 0 10 5 0 10z"/></marker>`;
}

/**
 * The dependencies in the order in which one waits for the next. A report reads the other way round: each [W] is the [E]
 * of the context before it.
 */
export function walkOf<T>(circle: readonly T[]): readonly T[] {
  return [...circle.slice(0, 1), ...circle.slice(1).reverse()];
}

/** Where the class of a dependency stands: the first on top, then against the clock, so that arcs run with it. */
function angleOf(index: number, count: number): number {
  return -Math.PI / 2 - (2 * Math.PI * index) / count;
}

function pointAt(centre: Point, radius: number, angle: number): Point {
  return { x: round(centre.x + radius * Math.cos(angle)), y: round(centre.y + radius * Math.sin(angle)) };
}

function arc(
  { context, timed }: Dependency,
  index: number,
  count: number,
  centre: Point,
  radius: number,
  id: string,
): Markup {
  const gap = GAP / radius;
  const from = angleOf(index, count) + gap;
  const to = angleOf(index, count) + (2 * Math.PI) / count - gap;
  const [start, end, badge] = [from, to, (from + to) / 2].map((angle) => pointAt(centre, radius, angle));
  const isLong = to - from > Math.PI ? 1 : 0;
  const letter = contextLetter(index);
  const path = `M${start?.x} ${start?.y} A${radius} ${radius} 0 ${isLong} 1 ${end?.x} ${end?.y}`;
  return html`<g class="${hueOf(index)}${timed ? ' timed' : ''}"><path class="arc" d="${path}" marker-end="url(#${id}-head${index})"/>
<a href="#${id}-${letter}" aria-label="Context ${letter}: ${context.name}"><circle class="badge" cx="${badge?.x ?? 0}" cy="${badge?.y ?? 0}" r="14"/><text class="letter" x="${badge?.x ?? 0}" y="${(badge?.y ?? 0) + 5}">${letter}</text></a></g>`;
}

function dot(name: string, index: number, count: number, centre: Point, radius: number): Markup {
  const angle = angleOf(index, count);
  const { x, y } = pointAt(centre, radius, angle);
  const label = pointAt(centre, radius + 16, angle);
  const side = Math.cos(angle);
  const isBeside = Math.abs(side) > 0.3;
  const anchor = isBeside ? (side > 0 ? 'start' : 'end') : 'middle';
  const drop = isBeside ? 4 : Math.sin(angle) > 0 ? 14 : -4;
  return html`<g><title>${name}</title><circle class="dot" cx="${x}" cy="${y}" r="8"/><text class="dot-name" x="${label.x}" y="${label.y + drop}" text-anchor="${anchor}">${shortened(name)}</text></g>`;
}

/** The end of a name tells more than its beginning when it is a place. */
export function shortened(name: string, length: number = LABEL_LENGTH): string {
  const characters = Array.from(name);
  if (characters.length <= length) return name;
  const head = Math.floor((length - 1) / 3);
  return `${characters.slice(0, head).join('')}…${characters.slice(head + 1 - length).join('')}`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
