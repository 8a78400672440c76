import { className } from '../../src/core/classes.ts';
import type { Dependency, Place } from '../../src/core/dependency.ts';
import type { Finding, OpenWait, SuspendedFunction } from '../../src/core/finding.ts';
import type { Frame, Stack } from '../../src/core/stack.ts';
import { awaitedText, hasLine, MARK_MEANINGS, type Mark } from '../outline.ts';
import { linesAround, type SourceLines } from '../text/code-frame.ts';
import { DEFAULT_MAX_FRAMES, frameText, placeOf, siteText } from '../text/frames.ts';
import { alikeText, callText, contextLetter, placeText } from '../text/names.ts';
import { html, type Markup } from './markup.ts';
import { hueOf } from './ring.ts';
import { holding } from './timeline.ts';

/** The contexts of a finding with their code and stacks; the code that made it where it has no contexts. */
export function codePlaces(finding: Finding, id: string, source: SourceLines): Markup {
  if (finding.circle.length > 0) return html`${finding.circle.map((each, index) => context(each, index, id, source))}`;
  const { openWaits, suspended = [] } = finding;
  if (openWaits.length + suspended.length > 0) {
    const functions = suspended.map((each, index) =>
      suspendedAt(each, openWaits.length + index, id, suspended, source),
    );
    return html`${openWaits.map((each, index) => openWait(each, index, id, source))}${functions}`;
  }
  return html`<article class="context">${stackBlock(finding.stack, 'here', source)}</article>`;
}

function context(dependency: Dependency, index: number, id: string, source: SourceLines): Markup {
  const { context: of, start, wait, event, waker, irqs, irqStack = null, instances } = dependency;
  const pair =
    instances === null
      ? null
      : html`<p class="note">Seen with the objects <bdi>${instances.fromLabel}</bdi> #${instances.from} and <bdi>${instances.toLabel}</bdi> #${instances.to}.</p>`;
  const enabled =
    irqs.length === 0
      ? null
      : html`<details><summary>${irqs.join(' or ')} became possible here</summary>${stackBlock(irqStack, 'possible from here', source)}</details>`;
  return html`<article class="context ${hueOf(index)}" id="${id}-${contextLetter(index)}" tabindex="-1">
<h4><span class="badge-link">${contextLetter(index)}</span> <bdi>${of.name}</bdi> <small>${holding(dependency)}, waits for ${className(wait.class)}</small></h4>
${placeBlock('W', wait, true, source)}${placeBlock('S', start, false, source)}${placeBlock('E', event, false, source)}
${waker === null ? null : html`<details><summary>The waiter that the event would wake</summary>${stackBlock(waker, 'waits here', source)}</details>`}${enabled}${pair}</article>`;
}

const NOTES: Readonly<Record<Mark['letter'], string>> = { S: 'starts here', W: 'waits here', E: 'never reached' };

function placeBlock(letter: Mark['letter'], place: Place, isOpen: boolean, source: SourceLines): Markup {
  return block(letter, placeText(place), place.stack, isOpen, source);
}

function block(
  letter: Mark['letter'],
  call: string,
  stack: Stack | null,
  isOpen: boolean,
  source: SourceLines,
): Markup {
  const frame = placeOf(stack);
  const site = frame === null ? 'place not known' : siteText(frame);
  return html`<details${isOpen ? html` open` : null}><summary><b class="tag tag-${letter}" title="${MARK_MEANINGS[letter]}">${letter}</b> <code>${call}</code> <span class="site">${site}</span></summary>${stackBlock(stack, NOTES[letter], source)}</details>`;
}

function openWait(wait: OpenWait, index: number, id: string, source: SourceLines): Markup {
  const owners = wait.owners.map(
    (owner) =>
      html`<p class="note">Owed by <bdi>${owner.contextName}</bdi>${alikeText(owner)}:</p>${block('S', callText(owner.startLabel, wait.className), owner.stack, false, source)}`,
  );
  return html`<article class="context ${hueOf(index)}" id="${id}-${contextLetter(index)}" tabindex="-1">
<h4><span class="badge-link">${contextLetter(index)}</span> <bdi>${wait.contextName}</bdi> <small>waits for ${wait.objectLabel}${wait.ageMs === null || wait.ageMs === undefined ? null : `, since ${wait.ageMs} ms`}${alikeText(wait)}</small></h4>
${block('W', callText(wait.label, wait.className), wait.stack, true, source)}${owners}</article>`;
}

function suspendedAt(
  each: SuspendedFunction,
  index: number,
  id: string,
  all: readonly SuspendedFunction[],
  source: SourceLines,
): Markup {
  const locals = each.locals.map(({ name, value }) => (value === null ? name : `${name} = ${value}`));
  return html`<article class="context ${hueOf(index)}" id="${id}-${contextLetter(index)}" tabindex="-1">
<h4><span class="badge-link">${contextLetter(index)}</span> <bdi>${each.name}</bdi> <small>has stopped at an await</small></h4>
${block('W', `await ${awaitedText(each, all)}`, each.stack, true, source)}${locals.length === 0 ? null : html`<p class="note">Variables: <bdi>${locals.join(', ')}</bdi></p>`}</article>`;
}

/** The code at the place of a stack, then the stack itself. */
function stackBlock(stack: Stack | null, note: string, source: SourceLines): Markup {
  const frames = stack?.frames ?? [];
  if (frames.length === 0) return html`<p class="note">No stack is known.</p>`;
  const frame = placeOf(stack);
  const rest = frames.length - DEFAULT_MAX_FRAMES;
  const items = frames
    .slice(0, DEFAULT_MAX_FRAMES)
    .map((each) => html`<li${each === frame ? html` class="meant"` : null}>${frameText(each)}</li>`);
  return html`${hasLine(frame) ? codeFrame(frame, note, source) : null}<ol class="stack">${items}${rest > 0 ? html`<li>${rest} more</li>` : null}</ol>`;
}

function codeFrame(frame: Frame, note: string, source: SourceLines): Markup | null {
  const lines = linesAround(frame, source);
  if (lines.length === 0) return null;
  const rows = lines.map(({ number, text, column }) => {
    if (number !== frame.line) return html`<span class="line"><i>${number}</i><span>${text}</span></span>`;
    const word = /^(?:[\p{ID_Continue}$]+|.)/u.exec(text.slice(column))?.[0] ?? '';
    return html`<span class="line meant"><i>${number}</i><span>${text.slice(0, column)}<mark>${word}</mark>${text.slice(column + word.length)} <em>${note}</em></span></span>`;
  });
  return html`<pre class="code" tabindex="0" role="region" aria-label="Code at ${siteText(frame)}">${rows}</pre>`;
}
