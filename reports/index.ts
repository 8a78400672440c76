export { formatGithub, type GithubOptions } from './ci/github.ts';
export { formatJunit, type JunitOptions, type JunitReport } from './ci/junit.ts';
export { formatSarif, type SarifOptions } from './ci/sarif.ts';
export {
  type ClassLine,
  type ContextLine,
  type DependencyLine,
  type FrameLine,
  type OpenWaitLine,
  type PlaceLine,
  REPORT_SCHEMA_VERSION,
  type ReportDocument,
} from './document.ts';
export { describeProcess, type ProcessFacts, type ReportEnvironment } from './environment.ts';
export { EXPLAINED_CODES, type FindingPage, findingPage, formatPage, formatPageMarkdown } from './explain.ts';
export { FORMAT_NAMES, FORMATS, type Format, type FormatName, type FormatOptions } from './formats.ts';
export { formatDot } from './graph/dot.ts';
export { formatMermaid } from './graph/mermaid.ts';
export { pageAssets } from './html/assets.ts';
export { type CountedGraph, readCountedGraph } from './html/graph-file.ts';
export { formatHtml, type HtmlOptions } from './html/page.ts';
export { formatReportLine, toReportDocument } from './ndjson.ts';
export { type ParsedReport, parseReportLine, parseReports } from './parse-report.ts';
export { type JsonSchema, REPORT_SCHEMA } from './schema.ts';
export { diagnosticsChannelSink, FINDING_CHANNEL, type FindingMessage } from './sinks/diagnostics-channel.ts';
export { type FileSinkOptions, fileSink } from './sinks/file.ts';
export { MemorySink } from './sinks/memory.ts';
export { openTelemetrySink, type TraceApi } from './sinks/open-telemetry.ts';
export { type ParentLogger, pinoSink } from './sinks/pino.ts';
export type { Sink } from './sinks/sink.ts';
export { stderrSink } from './sinks/stderr.ts';
export { SourceFiles } from './source/source-files.ts';
export { type DrawnEdge, drawClassGraph } from './text/class-graph.ts';
export { NO_SOURCE, type SourceLines } from './text/code-frame.ts';
export { type DeptTextOptions, formatDept } from './text/dept.ts';
export type { Indent } from './text/diagram.ts';
export { explain } from './text/explanation.ts';
export { wantsColor } from './text/palette.ts';
export { formatPretty, type PrettyOptions } from './text/pretty.ts';
export { formatReport } from './text/report.ts';
export { formatChromeTrace } from './trace/chrome-trace.ts';
