import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { pageAssets } from '../../../reports/html/assets.ts';
import { graphData } from '../../../reports/html/graph-data.ts';
import { readCountedGraph } from '../../../reports/html/graph-file.ts';
import { html, visible } from '../../../reports/html/markup.ts';
import { formatHtml } from '../../../reports/html/page.ts';
import type { Finding } from '../../../src/core/finding.ts';
import { arbitraryFinding } from './arbitrary-finding.ts';
import { abba, bare } from './finding-builder.ts';

const assets = pageAssets();
const reportsOf = (findings: readonly Finding[]) => findings.map((finding) => ({ finding, environment: null }));
const pageOf = (...findings: readonly Finding[]): string => formatHtml(reportsOf(findings), { assets });
const count = (text: string, part: string): number => text.split(part).length - 1;

describe('the page', () => {
  test('of any finding has our two scripts and one style sheet, and its data is JSON', () => {
    fc.assert(
      fc.property(fc.array(arbitraryFinding, { maxLength: 3 }), (findings) => {
        const page = pageOf(...findings);
        expect([count(page, '<script'), count(page, '</script'), count(page, '<style')]).toEqual([2, 2, 1]);
        const [, data = ''] = /<script type="application\/json" id="data">(.*?)<\/script>/s.exec(page) ?? [];
        expect(JSON.parse(data)).toMatchObject({ circles: expect.any(Array) });
        expect(page).not.toMatch(/[\u202a-\u202e\u2066-\u2069]/);
        expect(pageOf(...findings)).toBe(page);
      }),
      { numRuns: 100, seed: 20251205 },
    );
  });

  test('names its own style and script in its policy and allows nothing else', () => {
    const [, policy = ''] = /Content-Security-Policy" content="([^"]*)"/.exec(pageOf(abba())) ?? [];
    expect(policy.replaceAll('&#39;', "'")).toMatch(
      /^default-src 'none'; style-src 'sha256-[\w+/]{43}='; script-src 'sha256-[\w+/]{43}='; base-uri 'none'; form-action 'none'$/,
    );
  });

  test('has a script of less than 15 KB', () => {
    expect(Buffer.byteLength(assets.script.content.toString())).toBeLessThan(15_000);
  });

  test('shows a finding that several processes made once', () => {
    const page = pageOf(abba(), abba(), bare({ code: 'DEPT006', message: 'bad-unlock' }));
    expect(count(page, '<section class="finding')).toBe(2);
    expect(page).toContain('recorded 2 times');
  });

  test('says that nothing was found', () => {
    expect(pageOf()).toContain('No findings');
  });
});

test('what is put into a template is text, in content and in attributes', () => {
  const name = `"><b a='&\u202e`;
  expect(html`<p title="${name}">${[name]}${null}${1}</p>`.toString()).toBe(
    '<p title="&quot;&gt;&lt;b a=&#39;&amp;\\u202e">&quot;&gt;&lt;b a=&#39;&amp;\\u202e1</p>',
  );
  expect(visible('a\nb\ud800')).toBe('a\\x0ab\ufffd');
});

describe('the class graph of a page', () => {
  const line = (name: string) => ({ name, kind: 'mutex', site: null });
  const edge = (from: number, to: number) => ({ from, to, rule: 'wait', context: 'main', timed: false });
  const row = { waits: 4, contended: 1, timedOut: 0, cancelled: 0, open: 0, totalTicks: 7, maxTicks: 7 };

  test('joins the circles with what was recorded, each dependency once', () => {
    const classes = ['orders:0', 'stock:0', 'mail:0'].map(line);
    const statistics = [{ ...line('mail:0'), ...row, totalMs: 1.23456, maxMs: 1 }];
    const data = graphData([abba()], { classes, dependencies: [edge(0, 1), edge(1, 2)], statistics });
    expect(data.names).toEqual(['stock:0', 'orders:0', 'mail:0']);
    expect(data.circles).toEqual([[0, 1]]);
    expect(data.edges).toEqual([0, 1, 0, 2, 1, 0, 1, 2, 0, 2, 2, 0]);
    expect(data.contexts).toEqual(['refundOrder', 'placeOrder', 'main']);
    expect(data).toMatchObject({ unit: 'ms', statistics: [null, null, [4, 1, 0, 0, 1.235, 1]] });
  });

  test('keeps what is nearest to the circles where there is too much, and says so', () => {
    const classes = Array.from({ length: 60_001 }, (_, id) => line(id === 0 ? 'stock:0' : `c${id}:0`));
    const dependencies = classes.slice(1).map((_, id) => edge(id, id + 1));
    const { names, edges, omitted } = graphData([abba()], { classes, dependencies, statistics: [] });
    expect({ names: names.length, omitted }).toEqual({ names: 50_000, omitted: { classes: 10_002, edges: 0 } });
    expect(edges.slice(8, 12)).toEqual([0, 2, 2, 0]);
  });

  test.each([
    ['nothing', /^This is not a class graph: it is not JSON/],
    ['{}', /^This is not a class graph/],
    ['{"nodes":[],"edges":[],"value":{"statistics":{}}}', /statistics of this class graph are not a list/],
    ['{"nodes":[],"edges":[],"value":{"statistics":[{"name":"a"}]}}', /have a row 0 without name, kind and site/],
    [
      '{"nodes":[],"edges":[],"value":{"statistics":[{"name":"a","kind":"m","site":null,"waits":-1}]}}',
      /have a row 0 \(a\) whose waits is no number/,
    ],
  ])('%s is refused', (text, message) => {
    expect(() => readCountedGraph(text)).toThrow(message);
  });
});
