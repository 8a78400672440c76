import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FORMATS, type FormatName } from '../../../reports/formats.ts';
import { pageAssets } from '../../../reports/html/assets.ts';
import { parseReports } from '../../../reports/parse-report.ts';
import { SourceFiles } from '../../../reports/source/source-files.ts';
import { formatReport } from '../../../reports/text/report.ts';
import type { Finding } from '../../../src/core/finding.ts';
import { arbitraryFinding } from './arbitrary-finding.ts';
import { abba, bare, circular, stack } from './finding-builder.ts';
import { fiveFindings } from './five-findings.ts';
import { expectGolden } from './golden.ts';
import { parseXml } from './well-formed-xml.ts';

const ROOT = join(import.meta.dirname, '../../..');

const GOLDEN: readonly (readonly [FormatName, string])[] = [
  ['dept', 'dept.txt'],
  ['pretty', 'pretty.txt'],
  ['json', 'findings.json'],
  ['ndjson', 'findings.ndjson'],
  ['graph', 'graph.txt'],
  ['dot', 'circles.dot'],
  ['mermaid', 'circles.mmd'],
  ['trace', 'trace.json'],
  ['sarif', 'findings.sarif'],
  ['junit', 'junit.xml'],
  ['github', 'github.txt'],
];

test.each(GOLDEN)('five findings as %s', (name, file) => {
  const source = new SourceFiles(ROOT);
  expectGolden(`formats/${file}`, FORMATS[name].format(fiveFindings(), { source, toolVersion: '1.2.3' }));
});

test('five findings as html; the style sheet and the script, which are files of their own, by their hashes', () => {
  const { style, script } = pageAssets();
  const page = FORMATS.html.format(fiveFindings(), { source: new SourceFiles(ROOT), toolVersion: '1.2.3' });
  const text = [style, script].reduce((rest, { content, hash }) => {
    expect(rest).toContain(content.toString());
    return rest.replace(content.toString(), () => '\n').replace(hash.replaceAll("'", '&#39;'), () => "'sha256-...'");
  }, page);
  expectGolden('formats/findings.html', text);
});

test('no findings are a document too', () => {
  const empty = Object.fromEntries(GOLDEN.map(([name]) => [name, FORMATS[name].format([], {})]));
  expect(JSON.parse(empty['json'] ?? '')).toEqual([]);
  expect(JSON.parse(empty['sarif'] ?? '')).toMatchObject({ runs: [{ results: [] }] });
  expect(JSON.parse(empty['trace'] ?? '')).toMatchObject({ traceEvents: [] });
  expect(parseXml(empty['junit'] ?? '').map(({ attributes }) => attributes['tests'])).toEqual(['0', '0']);
  expect(empty).toMatchObject({ dept: '', pretty: '', ndjson: '', graph: '', github: '' });
});

/** Formats findings that were made, and as they are after a trip through a file. */
function formatted(name: FormatName, findings: readonly Finding[]): string {
  const reports = findings.map((finding) => ({ finding, environment: null }));
  const text = FORMATS[name].format(reports, {});
  expect(FORMATS[name].format(parseReports(FORMATS.ndjson.format(reports, {})), {})).toBe(text);
  return text;
}

/** Checks any finding a tracker could make, and many it never would: hostile names, empty circles, no stacks. */
function checkAll(check: (findings: readonly Finding[]) => void): void {
  fc.assert(fc.property(fc.array(arbitraryFinding, { maxLength: 3 }), check), { numRuns: 200, seed: 20251205 });
}

describe('SARIF', () => {
  const schema = JSON.parse(readFileSync(join(ROOT, 'test/fixtures/sarif-subset.schema.json'), 'utf8')) as object;
  const validate = new Ajv2020({ allErrors: true }).compile(schema);

  test('every log satisfies the schema', () => {
    checkAll((findings) => {
      validate(JSON.parse(formatted('sarif', findings)));
      expect(validate.errors ?? []).toEqual([]);
    });
  });

  test('a result stands at the [W] of context A, and the other places are related to it', () => {
    const log = JSON.parse(formatted('sarif', [abba()])) as { runs: { results: Record<string, unknown>[] }[] };
    const [result] = log.runs[0]?.results ?? [];
    expect(result).toMatchObject({
      ruleId: 'DEPT001',
      ruleIndex: 0,
      level: 'error',
      partialFingerprints: { 'deptFingerprint/v1': abba().fingerprint },
      locations: [
        {
          physicalLocation: { artifactLocation: { uri: 'src/refunds.ts' }, region: { startLine: 33, startColumn: 18 } },
        },
      ],
    });
    const related = result?.['relatedLocations'] as { physicalLocation: { region: { startLine: number } } }[];
    expect(related.map(({ physicalLocation }) => physicalLocation.region.startLine)).toEqual([30, 12, 14]);
    expect(result?.['codeFlows']).toMatchObject([
      {
        threadFlows: [
          { id: 'A', locations: [{}, { nestingLevel: 1 }] },
          { id: 'B', locations: [{}, {}] },
        ],
      },
    ]);
  });

  test('a path is a relative URI and a message no link', () => {
    const hostile = bare({ message: '[free](http://example.com) {0}', stack: stack('f a b/c:%d/ü.ts:1:1') });
    const frames = [{ functionName: 'f', file: '/a b/javascript:x%20#?.ts', line: 1, column: 1 }];
    const text = formatted('sarif', [{ ...hostile, stack: { frames } }]);
    expect(text).toContain('"uri": "a%20b/javascript%3Ax%2520%23%3F.ts"');
    expect(text).toContain('"[free\\\\](http://example.com) {{0}}"');
  });
});

describe('JUnit', () => {
  test('is well-formed whatever the names are', () => {
    checkAll((findings) => {
      const elements = parseXml(formatted('junit', findings));
      const failures = findings.filter(({ severity }) => severity !== 'info').length;
      expect(elements.filter(({ name }) => name === 'testcase')).toHaveLength(findings.length);
      expect(elements.filter(({ name }) => name === 'failure')).toHaveLength(failures);
      expect(elements.at(-1)?.attributes).toMatchObject({ tests: `${findings.length}`, failures: `${failures}` });
    });
  });

  test('a failure has the message and the whole report, a notice passes', () => {
    const hostile = abba({ message: 'a < b & "c" ]]> \u0000' });
    const notice = bare({ code: 'DEPT009', severity: 'info' });
    const [failure, testCase, output] = parseXml(formatted('junit', [hostile, notice]));
    expect(failure).toMatchObject({ name: 'failure', attributes: { message: 'a < b & "c" ]]> \\x00' } });
    expect(failure?.text).toBe(formatReport(hostile));
    expect(testCase?.attributes).toMatchObject({ file: 'src/refunds.ts', line: '33', classname: 'dept.DEPT001' });
    expect(output?.name).toBe('system-out');
  });
});

describe('GitHub annotations', () => {
  const COMMAND = /^::(?:error|warning|notice) (?:file=[^,:\r\n]*,line=\d+,(?:col=\d+,)?)?title=[^,:\r\n]*::[^\r\n]*$/;

  test('each finding is one command, whatever the names are', () => {
    checkAll((findings) => {
      const lines = formatted('github', findings).split('\n');
      expect(lines).toHaveLength(findings.length + 1);
      for (const line of lines.slice(0, -1)) expect(line).toMatch(COMMAND);
    });
  });

  test('a name cannot end the command or begin another one', () => {
    const frames = [{ functionName: null, file: 'a,b:c\n::set-env%.ts', line: 2, column: 0 }];
    const text = formatted('github', [bare({ code: 'DEPT006', message: '100%\n::stop', stack: { frames } })]);
    expect(text).toBe(
      '::error file=a%2Cb%3Ac%0A%3A%3Aset-env%25.ts,line=2,title=DEPT006%3A Misuse of a primitive::100%25\\x0a::stop\n',
    );
  });

  test('beyond ten of a level, where GitHub drops them, the rest is counted', () => {
    const many = [...Array.from({ length: 13 }, () => abba()), abba({ severity: 'warning' })];
    const lines = formatted('github', many).trimEnd().split('\n');
    expect(lines.filter((line) => line.startsWith('::error '))).toHaveLength(10);
    expect(lines.filter((line) => line.startsWith('::warning '))).toHaveLength(1);
    expect(lines.at(-1)).toMatch(/^dept: 3 more findings are not annotated/);
  });
});

describe('DOT and mermaid', () => {
  test('a name never leaves its string', () => {
    checkAll((findings) => {
      const dot = formatted('dot', findings).replaceAll(/"(?:[^"\\\n]|\\[\\"n])*"/g, 'TEXT');
      for (const line of dot.split('\n')) {
        expect(line).toMatch(
          /^(?:digraph dept \{| {2}(?:node|edge) \[.*\];| *subgraph cluster_\d \{| +label=TEXT;| +f\dc?\d* (?:-> f\dc\d+ )?\[label=TEXT(?:, style=dashed)?\];| *\}|)$/,
        );
      }
      const mermaid = formatted('mermaid', findings).replaceAll(/"(?:[\p{L}\p{N} .,:()/_-]|<br>|#\d+;)*"/gu, 'TEXT');
      for (const line of mermaid.split('\n')) {
        expect(line).toMatch(
          /^(?:flowchart LR| {2}subgraph f\d\[TEXT\]| +f\d[nc]\d*\[TEXT\]| +f\dc\d+ (?:-->|-\.->)\|TEXT\| f\dc\d+| {2}end|)$/,
        );
      }
    });
  });

  test('a wait with a timeout is another arrow', () => {
    const timed = circular([{ context: 'm', S: 'a(p:0)', W: 'a(p:0)', E: 'r(p:0)', more: { timed: true } }]);
    expect(formatted('dot', [timed])).toContain(', style=dashed];');
    expect(formatted('mermaid', [timed])).toContain('f0c0 -.->|');
  });
});

interface TraceEvent {
  readonly ph: string;
  readonly name: string;
  readonly pid: number;
  readonly tid: number;
  readonly ts: number;
  readonly dur: number;
  readonly id: number;
  readonly cat: string;
}

function traceOf(findings: readonly Finding[]): readonly TraceEvent[] {
  return (JSON.parse(formatted('trace', findings)) as { traceEvents: TraceEvent[] }).traceEvents;
}

describe('Chrome trace', () => {
  const inside = (event: TraceEvent, slice: TraceEvent): boolean =>
    slice.pid === event.pid && slice.tid === event.tid && slice.ts <= event.ts && event.ts <= slice.ts + slice.dur;

  test('slices of a thread nest, and every arrow leads forward from an event to a wait', () => {
    checkAll((findings) => {
      const events = traceOf(findings);
      const slices = events.filter(({ ph }) => ph === 'X');
      for (const one of slices) {
        expect(one.dur).toBeGreaterThan(0);
        for (const other of slices.filter(({ ts }) => ts > one.ts)) {
          const overlaps = inside(other, one) && other.ts < one.ts + one.dur;
          if (overlaps) expect(other.ts + other.dur).toBeLessThanOrEqual(one.ts + one.dur);
        }
      }
      const starts = events.filter(({ ph }) => ph === 's');
      expect(starts).toHaveLength(findings.reduce((sum, { circle }) => sum + circle.length, 0));
      for (const start of starts) {
        const ends = events.filter(({ ph, id }) => ph === 'f' && id === start.id);
        expect(ends).toHaveLength(1);
        expect(ends[0]?.ts).toBeGreaterThanOrEqual(start.ts);
        expect(slices.some((slice) => slice.cat === 'event' && inside(start, slice))).toBe(true);
        expect(slices.some((slice) => slice.cat === 'wait' && inside(ends[0] as TraceEvent, slice))).toBe(true);
      }
    });
  });

  test('the event of a context leads to the wait for it', () => {
    const events = traceOf([abba()]);
    const sliceAt = (event: TraceEvent | undefined, cat: string): string | undefined =>
      events.find((slice) => slice.cat === cat && event !== undefined && inside(event, slice))?.name;
    const arrows = events.filter(({ ph }) => ph === 's');
    expect(
      arrows.map((start) => [
        sliceAt(start, 'event'),
        sliceAt(
          events.find(({ ph, id }) => ph === 'f' && id === start.id),
          'wait',
        ),
      ]),
    ).toEqual([
      ['[E] unlock(stock:0)', '[W] lock(stock:0)'],
      ['[E] unlock(orders:0)', '[W] lock(orders:0)'],
    ]);
  });
});
