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
export { formatReportLine, toReportDocument } from './ndjson.ts';
export { type ParsedReport, parseReportLine, parseReports } from './parse-report.ts';
export { type JsonSchema, REPORT_SCHEMA } from './schema.ts';
export { type FileSinkOptions, fileSink } from './sinks/file.ts';
export { MemorySink } from './sinks/memory.ts';
export { type ParentLogger, pinoSink } from './sinks/pino.ts';
export type { Sink } from './sinks/sink.ts';
export { stderrSink } from './sinks/stderr.ts';
export { type DrawnEdge, drawClassGraph } from './text/class-graph.ts';
export { type DeptTextOptions, formatDept } from './text/dept.ts';
export type { Indent } from './text/diagram.ts';
export { explain } from './text/explanation.ts';
export { formatReport } from './text/report.ts';
