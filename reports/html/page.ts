import type { ParsedReport } from '../parse-report.ts';
import { NO_SOURCE, type SourceLines } from '../text/code-frame.ts';
import type { PageAssets } from './assets.ts';
import { findingSection, type PageFinding } from './finding-section.ts';
import { type GraphData, graphData } from './graph-data.ts';
import type { CountedGraph } from './graph-file.ts';
import { graphSection, helpDialog } from './graph-section.ts';
import { html, jsonMarkup, type Markup } from './markup.ts';
import { statisticsTable } from './statistics-table.ts';

/** Findings a page shows in full. */
const MAX_FINDINGS = 200;

export interface HtmlOptions {
  /** Style sheet and script: `pageAssets()`. */
  readonly assets: PageAssets;
  /** Where the lines of code come from; none if not given. */
  readonly source?: SourceLines;
  /** The recorded class graph and its statistics; the circles alone if not given. */
  readonly graph?: CountedGraph | null;
  readonly toolVersion?: string;
}

/**
 * Findings as one self-contained page that works from a file, without a network, without JavaScript but for the class
 * graph, and on paper. Names, paths and code are text wherever they stand: nothing of them is ever markup or script, and
 * the page's policy lets nothing run but its own script.
 */
export function formatHtml(reports: readonly ParsedReport[], options: HtmlOptions): string {
  const { assets, source = NO_SOURCE, graph = null, toolVersion } = options;
  const distinct = distinctFindings(reports);
  const shown = distinct.slice(0, MAX_FINDINGS);
  const data = graphData(
    shown.map(({ report }) => report.finding),
    graph,
  );
  const title = titleOf(shown);
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy(assets)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<style>${assets.style.content}</style>
</head>
<body>
<a class="skip" href="#main">Skip to the findings</a>
${header(shown, toolVersion)}
<div class="frame">${navigation(shown)}<main id="main" tabindex="-1">
${shown.length === 0 ? html`<p class="none">No findings: nothing that was recorded can hang.</p>` : null}
${shown.map((finding, index) => findingSection(finding, index, source))}
${distinct.length > shown.length ? html`<p class="note">${distinct.length - shown.length} more findings are in the file.</p>` : null}
${data.names.length === 0 ? null : html`${graphSection(data, shown.length)}<section id="statistics" tabindex="-1" aria-labelledby="statistics-title"><h2 id="statistics-title">Statistics</h2>${statisticsTable(data)}</section>`}
</main></div>
${helpDialog()}
<script type="application/json" id="data">${jsonMarkup(data satisfies GraphData)}</script>
<script type="module">${assets.script.content}</script>
</body>
</html>
`.toString();
}

function policy({ style, script }: PageAssets): string {
  return `default-src 'none'; style-src ${style.hash}; script-src ${script.hash}; base-uri 'none'; form-action 'none'`;
}

/** One for each fingerprint, in the order of the file: several processes make the same finding. */
function distinctFindings(reports: readonly ParsedReport[]): readonly PageFinding[] {
  const byFingerprint = new Map<string, PageFinding>();
  for (const report of reports) {
    const { code, fingerprint, message } = report.finding;
    const key = `${code}\u0000${fingerprint}\u0000${message}`;
    const known = byFingerprint.get(key);
    byFingerprint.set(key, { report: known?.report ?? report, times: (known?.times ?? 0) + 1 });
  }
  return [...byFingerprint.values()];
}

function titleOf(findings: readonly PageFinding[]): string {
  const [first] = findings;
  if (first === undefined) return 'dept: no findings';
  return findings.length === 1 ? `dept: ${first.report.finding.message}` : `dept: ${findings.length} findings`;
}

function header(findings: readonly PageFinding[], toolVersion: string | undefined): Markup {
  const releases = [...new Set(findings.flatMap(({ report }) => report.environment?.release ?? []))];
  const count = findings.length === 1 ? '1 finding' : `${findings.length} findings`;
  return html`<header><p class="brand"><b>dept</b>${toolVersion === undefined ? null : ` ${toolVersion}`}</p><p class="run">${count}${releases.slice(0, 3).map((release) => html` <span>${release}</span>`)}</p>
<p class="tools" hidden><button type="button" id="theme" aria-keyshortcuts="t">Theme: system</button> <button type="button" id="keys" aria-keyshortcuts="?">Keys</button></p></header>`;
}

function navigation(findings: readonly PageFinding[]): Markup {
  const items = findings.map(
    ({ report: { finding } }, index) =>
      html`<li><a href="#f${index + 1}"><b class="code-${finding.severity}">${finding.code}</b> <span>${finding.message}</span></a></li>`,
  );
  return html`<nav aria-label="Contents"><ol>${items}</ol><ul><li><a href="#graph">Class graph</a></li><li><a href="#statistics">Statistics</a></li></ul></nav>`;
}
