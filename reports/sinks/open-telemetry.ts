import { createRequire } from 'node:module';
import { join } from 'node:path';
import { className } from '../../src/core/classes.ts';
import type { Finding } from '../../src/core/finding.ts';
import { mainFrame } from '../outline.ts';
import type { Sink } from './sink.ts';
import { writeFully } from './write-fully.ts';

const STDERR = 2;
const EVENT = 'dept.finding';
/** Findings whose span is remembered, so that later ones can be linked to it. */
const MAX_REMEMBERED = 1000;

type Attributes = Record<string, string | number | string[]>;

interface SpanContext {
  readonly traceId: string;
  readonly spanId: string;
  readonly traceFlags: number;
}

interface Link {
  readonly context: SpanContext;
  readonly attributes?: Attributes;
}

interface Span {
  spanContext(): SpanContext;
  addEvent(name: string, attributes: Attributes): unknown;
  /** Since version 1.9 of the API. */
  addLink?(link: Link): unknown;
  end(): void;
}

/** What the sink needs of `@opentelemetry/api`: its `trace` is one. */
export interface TraceApi {
  getActiveSpan(): Span | undefined;
  getTracer(name: string): { startSpan(name: string, options: { links: Link[] }): Span };
}

/**
 * Writes each finding as the event `dept.finding` on the span that is active where it is made, with a link to the span
 * of the finding that predicted it. Outside of any span, as when a deadlock is confirmed by the clock, the event gets a
 * span of its own. Exporting is the work of the SDK the program has set up.
 * @param api `trace` of `@opentelemetry/api`; found where dept or the program has it installed if not given
 */
export function openTelemetrySink(api?: TraceApi): Sink {
  const spans = new Map<string, SpanContext>();
  let trace: TraceApi | null | undefined = api;
  let hasWarned = false;
  return {
    write(finding) {
      try {
        trace ??= loadApi();
        record(finding, trace, spans);
      } catch (error) {
        if (hasWarned) return;
        hasWarned = true;
        const reason = error instanceof Error ? error.message.split('\n')[0] : String(error);
        writeFully(
          STDERR,
          `dept: OpenTelemetry failed (${reason}); the program goes on, findings are not on its spans.\n`,
        );
      }
    },
  };
}

function record(finding: Finding, trace: TraceApi, spans: Map<string, SpanContext>): void {
  const links = linksOf(finding, spans);
  const active = trace.getActiveSpan();
  const span = active ?? trace.getTracer('dept').startSpan(EVENT, { links });
  span.addEvent(EVENT, attributesOf(finding));
  if (active === undefined) span.end();
  else for (const link of links) active.addLink?.(link);
  if (spans.size >= MAX_REMEMBERED) spans.clear();
  spans.set(finding.fingerprint, span.spanContext());
}

function linksOf({ predictedBy }: Finding, spans: ReadonlyMap<string, SpanContext>): Link[] {
  const context = predictedBy === null ? undefined : spans.get(predictedBy);
  return context === undefined ? [] : [{ context, attributes: { 'dept.link': 'predicted-by' } }];
}

/** The `code.*` names are those of OpenTelemetry's semantic conventions. */
function attributesOf(finding: Finding): Attributes {
  const frame = mainFrame(finding);
  const attributes: Attributes = {
    'dept.code': finding.code,
    'dept.kind': finding.kind,
    'dept.severity': finding.severity,
    'dept.fingerprint': finding.fingerprint,
    'dept.rules': finding.rules,
    'dept.message': finding.message,
    'dept.contexts': finding.circle.map(({ context }) => context.name),
    'dept.classes': finding.circle.map(({ from }) => className(from)),
  };
  if (frame === null) return attributes;
  if (frame.functionName !== null) attributes['code.function.name'] = frame.functionName;
  attributes['code.file.path'] = frame.file ?? '';
  attributes['code.line.number'] = frame.line;
  if (frame.column > 0) attributes['code.column.number'] = frame.column;
  return attributes;
}

/** Any copy will do: the API keeps its providers in one place of the process. */
function loadApi(): TraceApi {
  for (const from of [import.meta.url, join(process.cwd(), 'package.json')]) {
    try {
      return (createRequire(from)('@opentelemetry/api') as { trace: TraceApi }).trace;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw error;
    }
  }
  throw new Error('@opentelemetry/api is not installed');
}
