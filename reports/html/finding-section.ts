import { className } from '../../src/core/classes.ts';
import type { Dependency } from '../../src/core/dependency.ts';
import type { Finding } from '../../src/core/finding.ts';
import { findingPage } from '../explain.ts';
import { MARK_MEANINGS } from '../outline.ts';
import type { ParsedReport } from '../parse-report.ts';
import type { SourceLines } from '../text/code-frame.ts';
import { contextLetter } from '../text/names.ts';
import { formatReport } from '../text/report.ts';
import { waitingBehindLines } from '../text/waiting-behind.ts';
import { codePlaces } from './code-places.ts';
import { html, type Markup } from './markup.ts';
import { hueOf, ring } from './ring.ts';
import { holding, timeline } from './timeline.ts';

/** A finding of the page; the same one may have been made by several processes. */
export interface PageFinding {
  readonly report: ParsedReport;
  readonly times: number;
}

/** A finding from the plain sentence down to its stacks. */
export function findingSection({ report, times }: PageFinding, index: number, source: SourceLines): Markup {
  const { finding, environment } = report;
  const id = `f${index + 1}`;
  const lanes = timeline(finding, id);
  return html`<section class="finding ${finding.severity}" id="${id}" tabindex="-1" aria-labelledby="${id}-title">
<p class="meta"><b class="code-${finding.severity}">${finding.code}</b> <span>${findingPage(finding.code)?.title ?? finding.kind}</span> <code>${finding.fingerprint}</code> <span>${finding.rules} rules</span>${times > 1 ? html` <span>recorded ${times} times</span>` : null}</p>
<h2 id="${id}-title">${finding.message}</h2>
<div class="overview">${finding.circle.length === 0 ? null : html`<figure>${ring(finding.circle, id)}</figure>`}<div>${story(finding, id)}${advice(finding)}${predicted(finding)}</div></div>
${lanes === null ? null : html`<h3>Timeline</h3>${lanes}${legend()}`}
<h3>Code and stacks</h3>
${codePlaces(finding, id, source)}
${finding.circle.length === 0 ? null : html`<p class="to-graph"><button type="button" data-circle="${index}">Show this circle in the class graph</button></p>`}
<details class="raw"><summary>The report as Linux DEPT prints it</summary><pre tabindex="0">${formatReport(finding, {
    environment,
  })
    .split('\n')
    .map((line) => html`${line}\n`)}</pre></details>
</section>`;
}

function story(finding: Finding, id: string): Markup | null {
  const { circle } = finding;
  if (circle.length === 0) return null;
  const items = circle.map((dependency, index) => {
    const letter = contextLetter(index);
    return html`<li class="${hueOf(index)}"><a class="badge-link" href="#${id}-${letter}">${letter}</a> <span><bdi class="name">${dependency.context.name}</bdi> ${holding(dependency)} and ${waiting(dependency)}.</span></li>`;
  });
  const behind = waitingBehindLines(finding).map((line) => html`<p class="note">${line}</p>`);
  return html`<h3>Who waits for whom</h3><ul class="story">${items}</ul>${behind}`;
}

function waiting({ to, timed, irqs }: Dependency): Markup {
  const inside = irqs.length === 0 ? null : html` in a ${irqs.join(' or ')} interrupt`;
  return html`waits for <bdi>${className(to)}</bdi>${inside}${timed ? ' until its timeout' : null}`;
}

function advice(finding: Finding): Markup | null {
  const lines = finding.help.length > 0 ? finding.help : (findingPage(finding.code)?.todo ?? []);
  if (lines.length === 0) return null;
  return html`<h3>What to do</h3><ul class="help">${lines.map((line) => html`<li>${line}</li>`)}</ul>`;
}

function predicted({ predictedBy }: Finding): Markup | null {
  return predictedBy === null ? null : html`<p class="note">Predicted before, as <code>${predictedBy}</code>.</p>`;
}

function legend(): Markup {
  const items = (['S', 'W', 'E'] as const).map(
    (letter) => html`<span><b class="tag tag-${letter}">${letter}</b> ${MARK_MEANINGS[letter]}</span>`,
  );
  return html`<p class="legend">${items}</p>`;
}
