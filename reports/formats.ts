import type { Frame } from '../src/core/stack.ts';
import { formatGithub } from './ci/github.ts';
import { formatJunit } from './ci/junit.ts';
import { formatSarif } from './ci/sarif.ts';
import { formatDot } from './graph/dot.ts';
import { formatMermaid } from './graph/mermaid.ts';
import { pageAssets } from './html/assets.ts';
import type { CountedGraph } from './html/graph-file.ts';
import { formatHtml } from './html/page.ts';
import { formatReportLine, toReportDocument } from './ndjson.ts';
import type { ParsedReport } from './parse-report.ts';
import { drawClassGraph } from './text/class-graph.ts';
import type { SourceLines } from './text/code-frame.ts';
import type { Indent } from './text/diagram.ts';
import { formatPretty } from './text/pretty.ts';
import { formatReport } from './text/report.ts';
import { formatChromeTrace } from './trace/chrome-trace.ts';

/** What some formats want to know; each takes what it can use. */
export interface FormatOptions {
  /** Layout of DEPT text. */
  readonly indent?: Indent;
  /** Lines of code and paths that can be opened; without it there are no code frames and paths are package-relative. */
  readonly source?: SourceLines;
  /** Colours, for a terminal. */
  readonly color?: boolean;
  /** Version of dept, for formats that name their tool. */
  readonly toolVersion?: string;
  /** The recorded class graph, for the page. */
  readonly graph?: CountedGraph | null;
}

/** Findings in, text out: whole lines, nothing read or written. */
export interface Format {
  /** What it is for, in a few words. */
  readonly summary: string;
  readonly format: (reports: readonly ParsedReport[], options: FormatOptions) => string;
}

const findingsOf = (reports: readonly ParsedReport[]): readonly ParsedReport['finding'][] =>
  reports.map(({ finding }) => finding);

const pathsOf = ({ source }: FormatOptions): { readonly pathOf?: (frame: Frame) => string } =>
  source === undefined ? {} : { pathOf: (frame) => source.pathOf(frame) };

export type FormatName =
  | 'dept'
  | 'pretty'
  | 'json'
  | 'ndjson'
  | 'graph'
  | 'html'
  | 'dot'
  | 'mermaid'
  | 'trace'
  | 'sarif'
  | 'junit'
  | 'github';

/** Every format by its name, in the order of the help text. */
export const FORMATS: Readonly<Record<FormatName, Format>> = Object.freeze({
  dept: {
    summary: 'the reports as Linux DEPT prints them',
    format: (reports, { indent = 3 }) =>
      reports.map(({ finding, environment }) => formatReport(finding, { environment, indent })).join('\n'),
  },
  pretty: {
    summary: 'for people: plain words, code, advice',
    format: (reports, options) => reports.map(({ finding }) => formatPretty(finding, options)).join('\n'),
  },
  json: {
    summary: 'a JSON array of report documents',
    format: (reports) =>
      `${JSON.stringify(
        reports.map(({ finding, environment }) => toReportDocument(finding, environment)),
        null,
        2,
      )}\n`,
  },
  ndjson: {
    summary: 'one report document a line, as recorded',
    format: (reports) => reports.map(({ finding, environment }) => formatReportLine(finding, environment)).join(''),
  },
  graph: {
    summary: 'drawings of the circles in plain text',
    format: (reports) =>
      findingsOf(reports)
        .map(({ code, fingerprint, circle }) => {
          return `${code} ${fingerprint}\n${circle.length === 0 ? '(no circle)\n' : drawClassGraph(circle)}`;
        })
        .join('\n'),
  },
  html: {
    summary: 'one page for a browser: circle, timeline, code, class graph',
    format: (reports, options) => formatHtml(reports, { ...options, assets: pageAssets() }),
  },
  dot: { summary: 'the circles for Graphviz', format: (reports) => formatDot(findingsOf(reports)) },
  mermaid: { summary: 'the circles for Markdown', format: (reports) => formatMermaid(findingsOf(reports)) },
  trace: {
    summary: 'Chrome trace events, for Perfetto',
    format: (reports) => formatChromeTrace(findingsOf(reports)),
  },
  sarif: {
    summary: 'SARIF 2.1.0, for code scanning',
    format: (reports, options) => {
      const { toolVersion } = options;
      const tool = toolVersion === undefined ? {} : { toolVersion };
      return formatSarif(findingsOf(reports), { ...tool, ...pathsOf(options) });
    },
  },
  junit: {
    summary: 'JUnit XML, for Jenkins and GitLab',
    format: (reports, options) => formatJunit(reports, pathsOf(options)),
  },
  github: {
    summary: 'annotations of GitHub Actions',
    format: (reports, options) => formatGithub(findingsOf(reports), pathsOf(options)),
  },
} satisfies Record<FormatName, Format>);

/** The names of all formats, in the order of the help text. */
export const FORMAT_NAMES: readonly FormatName[] = Object.freeze(Object.keys(FORMATS) as FormatName[]);
