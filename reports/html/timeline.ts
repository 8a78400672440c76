import { className } from '../../src/core/classes.ts';
import type { Dependency } from '../../src/core/dependency.ts';
import type { Finding, OpenWait } from '../../src/core/finding.ts';
import type { Stack } from '../../src/core/stack.ts';
import { placeOf, siteText } from '../text/frames.ts';
import { alikeText, callText, contextLetter, placeText } from '../text/names.ts';
import { html, type Markup } from './markup.ts';
import { hueOf } from './ring.ts';

/**
 * One lane for each context, time from left to right: all start their event contexts, then all wait. That order hangs; for
 * a finding that happened it is the order in which the waits began. Empty without a circle or open waits.
 */
export function timeline(finding: Finding, id: string): Markup | null {
  if (finding.circle.length > 0) return circleTimeline(finding, id);
  return finding.openWaits.length > 0 ? openWaitTimeline(finding.openWaits) : null;
}

function circleTimeline({ circle, code }: Finding, id: string): Markup {
  const order = circle.map((_, index) => index);
  if (code === 'DEPT002') order.sort((a, b) => (circle[a]?.at ?? 0) - (circle[b]?.at ?? 0));
  const count = circle.length;
  const caption =
    code === 'DEPT002'
      ? 'What happened, in order: each context starts what it owes, then waits.'
      : 'An order in which it hangs. Each context was seen to do its part, at one time or another.';
  const steps = Array.from({ length: 2 * count }, (_, step) => html`<th scope="col">${step + 1}</th>`);
  return html`<p class="note">${caption}</p><div class="scroll" tabindex="0" role="region" aria-label="Timeline"><table class="timeline">
<thead><tr><th scope="col">Context</th>${steps}<th scope="col">never</th></tr></thead>
<tbody>${order.map((index, lane) => circleLane(circle, index, lane, id))}</tbody></table></div>`;
}

/** A lane of 2n + 1 columns: its [S] in column `lane`, its [W] in column n + `lane`, its [E] in the last. */
function circleLane(circle: readonly Dependency[], index: number, lane: number, id: string): Markup {
  const dependency = circle[index] as Dependency;
  const { start, wait, event, context, timed, irqs } = dependency;
  const count = circle.length;
  const letter = contextLetter(index);
  const between =
    irqs.length > 0 ? `${holding(dependency)} while ${irqs.join(' or ')} interrupts come` : holding(dependency);
  return html`<tr class="${hueOf(index)}"><th scope="row"><a class="badge-link" href="#${id}-${letter}">${letter}</a> <bdi>${context.name}</bdi></th>
${span(lane, 'idle', '')}${mark('S', placeText(start), start.stack)}${span(count - 1, 'holds', between)}${mark('W', placeText(wait), wait.stack)}${span(count - 1 - lane, 'waits', `${waitText(circle, index)}${timed ? ' (until its timeout)' : ''}`)}${mark('E', placeText(event), event.stack)}</tr>`;
}

/** `waits for stock:0, which B holds`: the one before in the report owes what this one waits for. */
function waitText(circle: readonly Dependency[], index: number): string {
  const at = (index + circle.length - 1) % circle.length;
  const { to } = circle[index] as Dependency;
  const owner = circle[at] as Dependency;
  if (owner.from.id !== to.id) return `waits for ${className(to)}`;
  const who = circle.length === 1 ? 'its like' : contextLetter(at);
  return `waits for ${className(to)}, which ${who} ${holding(owner).split(' ', 1)[0]}`;
}

function span(columns: number, kind: string, text: string): Markup | null {
  if (columns <= 0) return null;
  return html`<td class="${kind}" colspan="${columns}"><span>${text}</span></td>`;
}

function mark(letter: 'S' | 'W' | 'E', call: string, stack: Stack | null): Markup {
  const frame = placeOf(stack);
  const site = frame === null ? null : siteText(frame);
  return html`<td class="mark mark-${letter}"><b class="tag tag-${letter}">${letter}</b> <code>${call}</code>${site === null ? null : html`<small title="${site}">${site.slice(site.lastIndexOf('/') + 1)}</small>`}</td>`;
}

/** Kinds whose event is triggered rather than given back: nobody holds them. */
const EVENTS: ReadonlySet<string> = new Set(
  'completion waitqueue event channel promise task barrier condition rcu percpu_ref work fence irq folio_writeback'.split(
    ' ',
  ),
);

/** `holds stock:0`, or `owes done:0` for what is an event. */
export function holding({ from, start }: Dependency): string {
  const owes = EVENTS.has(from.key.kind) || start.label === null;
  return `${owes ? 'owes' : 'holds'} ${className(from)}`;
}

function openWaitTimeline(waits: readonly OpenWait[]): Markup {
  const rows = waits.map((wait, index) => {
    const owners = wait.owners.map(
      (owner) =>
        html`<div><bdi>${owner.contextName}</bdi> since <b class="tag tag-S">S</b> <code>${callText(owner.startLabel, wait.className)}</code>${alikeText(owner)}</div>`,
    );
    return html`<tr class="${hueOf(index)}"><th scope="row"><span class="badge-link">${contextLetter(index)}</span> <bdi>${wait.contextName}</bdi>${alikeText(wait)}</th>
${mark('W', callText(wait.label, wait.className), wait.stack)}<td><bdi>${wait.objectLabel}</bdi>${typeof wait.ageMs === 'number' ? html`<small>since ${wait.ageMs} ms</small>` : null}</td><td>${owners.length === 0 ? 'nobody that is known' : owners}</td></tr>`;
  });
  return html`<p class="note">Who still waits, for what, and who would have to trigger it.</p><div class="scroll" tabindex="0" role="region" aria-label="Open waits"><table class="timeline open-waits">
<thead><tr><th scope="col">Context</th><th scope="col">waits in</th><th scope="col">for</th><th scope="col">owed by</th></tr></thead><tbody>${rows}</tbody></table></div>`;
}
