import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import {
  type Context,
  type ContextManager,
  context,
  type Link,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  type SpanOptions,
  TraceFlags,
  type TracerProvider,
  trace,
} from '@opentelemetry/api';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { install } from '../../../instrument/install.ts';
import { toReportDocument } from '../../../reports/ndjson.ts';
import { diagnosticsChannelSink, FINDING_CHANNEL } from '../../../reports/sinks/diagnostics-channel.ts';
import { fanOut } from '../../../reports/sinks/fan-out.ts';
import { MemorySink } from '../../../reports/sinks/memory.ts';
import { openTelemetrySink } from '../../../reports/sinks/open-telemetry.ts';
import { Mutex } from '../../../src/sync/user/mutex.ts';
import { FROM_SOURCE, runNode } from '../../e2e/child.ts';
import { abba, bare, SHOP } from './finding-builder.ts';

describe('the diagnostics channel', () => {
  test('subscribers get the finding and its document, at once', () => {
    const messages: unknown[] = [];
    const onMessage = (message: unknown): void => {
      messages.push(message);
    };
    const finding = abba();
    const sink = diagnosticsChannelSink(() => SHOP);
    sink.write(finding);
    subscribe(FINDING_CHANNEL, onMessage);
    sink.write(finding);
    unsubscribe(FINDING_CHANNEL, onMessage);
    sink.write(finding);
    expect(messages).toEqual([{ finding, report: toReportDocument(finding, SHOP) }]);
  });

  test('without a subscriber no stack is read', () => {
    const unread = abba({
      stack: {
        get frames(): never {
          throw new Error('read');
        },
      },
    });
    expect(() => diagnosticsChannelSink().write(unread)).not.toThrow();
  });
});

interface Ended {
  readonly name: string;
  readonly spanId: string;
  readonly events: readonly (readonly [name: string, attributes: unknown])[];
  readonly links: readonly Link[];
}

/** What an SDK does with the API, as far as a sink can tell: spans that can be read, contexts that follow async code. */
class RecordingSdk implements TracerProvider, ContextManager {
  readonly ended: Ended[] = [];
  readonly #contexts = new AsyncLocalStorage<Context>();
  #spans = 0;

  getTracer(): ReturnType<TracerProvider['getTracer']> {
    const startSpan = (name: string, options: SpanOptions = {}): Span => this.#span(name, options.links ?? []);
    return { startSpan } as ReturnType<TracerProvider['getTracer']>;
  }

  active(): Context {
    return this.#contexts.getStore() ?? ROOT_CONTEXT;
  }

  with<A extends unknown[], F extends (...args: A) => ReturnType<F>>(
    active: Context,
    run: F,
    self?: ThisParameterType<F>,
    ...args: A
  ): ReturnType<F> {
    return this.#contexts.run(active, () => Reflect.apply(run, self, args) as ReturnType<F>);
  }

  bind<T>(_active: Context, target: T): T {
    return target;
  }

  enable(): this {
    return this;
  }

  disable(): this {
    return this;
  }

  #span(name: string, first: readonly Link[]): Span {
    const spanId = String(++this.#spans).padStart(16, '0');
    const spanContext: SpanContext = { traceId: 'a'.repeat(32), spanId, traceFlags: TraceFlags.SAMPLED };
    const events: (readonly [string, unknown])[] = [];
    const links = [...first];
    return {
      spanContext: () => spanContext,
      addEvent: (event: string, attributes: unknown) => events.push([event, attributes]),
      addLink: (link: Link) => links.push(link),
      end: () => this.ended.push({ name, spanId, events, links }),
    } as unknown as Span;
  }
}

describe('OpenTelemetry', () => {
  let sdk: RecordingSdk;
  beforeEach(() => {
    sdk = new RecordingSdk();
    trace.setGlobalTracerProvider(sdk);
    context.setGlobalContextManager(sdk);
  });
  afterEach(() => {
    trace.disable();
    context.disable();
  });

  /** Runs code in a span of the program. */
  async function inSpan(name: string, run: () => Promise<void> | void): Promise<void> {
    const span = trace.getTracer('program').startSpan(name);
    await context.with(trace.setSpan(context.active(), span), run);
    span.end();
  }

  test('a finding is an event on the active span, also behind an await', async () => {
    const sink = openTelemetrySink(trace);
    await inSpan('request', async () => {
      await Promise.resolve();
      sink.write(abba());
    });
    expect(sdk.ended).toEqual([
      {
        name: 'request',
        spanId: expect.any(String) as string,
        links: [],
        events: [
          [
            'dept.finding',
            {
              'dept.code': 'DEPT001',
              'dept.kind': 'circular',
              'dept.severity': 'error',
              'dept.fingerprint': abba().fingerprint,
              'dept.rules': 'dept',
              'dept.message': abba().message,
              'dept.contexts': ['refundOrder', 'placeOrder'],
              'dept.classes': ['stock:0', 'orders:0'],
              'code.function.name': 'refundOrder',
              'code.file.path': 'src/refunds.ts',
              'code.line.number': 33,
              'code.column.number': 18,
            },
          ],
        ],
      },
    ]);
  });

  test('a deadlock is linked to the span that predicted it, and has a span of its own outside of any', async () => {
    const sink = openTelemetrySink(trace);
    await inSpan('request', () => sink.write(abba({ fingerprint: 'predicted' })));
    const deadlock = bare({ code: 'DEPT002', predictedBy: 'predicted' });
    sink.write(deadlock);
    await inSpan('another', () => sink.write(deadlock));
    const [request, own, another] = sdk.ended;
    expect([own?.name, another?.name]).toEqual(['dept.finding', 'another']);
    for (const span of [own, another]) {
      expect(span?.events.map(([name]) => name)).toEqual(['dept.finding']);
      expect(span?.links.map((link) => link.context.spanId)).toEqual([request?.spanId]);
    }
  });

  test('a finding nobody predicted has no link', async () => {
    const sink = openTelemetrySink(trace);
    await inSpan('request', () => sink.write(bare({ code: 'DEPT002', predictedBy: 'unheard of' })));
    expect(sdk.ended[0]?.links).toEqual([]);
  });
});

test('the API is found where it is installed; without an SDK it does nothing', async () => {
  const script = `
    const { openTelemetrySink } = await import('./reports/sinks/open-telemetry.ts');
    const { abba } = await import('./test/unit/reports/finding-builder.ts');
    const { trace } = await import('@opentelemetry/api');
    openTelemetrySink().write(abba());
    const addEvent = (name) => console.log(name);
    const span = { addEvent, end: () => console.log('ended'), spanContext: () => ({}) };
    trace.setGlobalTracerProvider({ getTracer: () => ({ startSpan: () => span }) });
    openTelemetrySink().write(abba());
  `;
  const ended = await runNode([...FROM_SOURCE, '--input-type=module', '--eval', script]);
  expect(ended).toEqual({ code: 0, signal: null, stdout: 'dept.finding\nended\n', stderr: '' });
});

test('an API that throws does not reach the program', () => {
  const broken = {
    getActiveSpan: (): never => {
      throw new Error('broken');
    },
    getTracer: (): never => {
      throw new Error('broken');
    },
  };
  expect(() => openTelemetrySink(broken).write(abba())).not.toThrow();
});

test('a sink that throws is told about once and left out; the others go on', () => {
  const memory = new MemorySink();
  const warnings: string[] = [];
  const bad = {
    write: (): never => {
      throw new Error('full');
    },
  };
  const all = fanOut([bad, memory], (message) => warnings.push(message));
  all.write(abba());
  all.write(abba());
  expect(memory.findings).toHaveLength(2);
  expect(warnings).toEqual(['dept: a sink failed (Error: full); the program goes on without it.\n']);
});

test('install gives each finding to its sinks', async () => {
  const [first, second] = [new MemorySink(), new MemorySink()];
  const installation = install({ sinks: [first, second] });
  try {
    const [stock, ledger] = [new Mutex({ name: 'stock' }), new Mutex({ name: 'ledger' })];
    for (const [outer, inner] of [
      [stock, ledger],
      [ledger, stock],
    ] as const) {
      await outer.runExclusive(() => inner.runExclusive(() => undefined));
    }
  } finally {
    installation.uninstall();
  }
  expect(first.findings.map(({ code }) => code)).toEqual(['DEPT001']);
  expect(second.findings).toEqual(first.findings);
  expect(installation.findings).toEqual(first.findings);
});
