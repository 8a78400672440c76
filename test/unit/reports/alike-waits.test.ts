import { expect, test } from 'vitest';
import { formatReport } from '../../../reports/text/report.ts';
import type { OpenWait } from '../../../src/core/finding.ts';
import { bare, SHOP, stack } from './finding-builder.ts';

function waiting(contextName: string, line: number, ageMs: number, stoppedBy: readonly number[] = []): OpenWait {
  return {
    contextName,
    label: 'acquire',
    className: 'stock:0',
    objectLabel: 'stock',
    stack: stack(`${contextName} src/shop.ts:${line}:3`),
    ageMs,
    owners: [{ contextName: 'refund', startLabel: 'acquire', stack: null, stoppedBy }],
  };
}

function reportOf(openWaits: readonly OpenWait[]): string {
  const finding = bare({ code: 'DEPT003', message: `${openWaits.length} waits are still open.`, help: [], openWaits });
  return formatReport(finding, { environment: SHOP });
}

function linesWith(report: string, text: string): readonly string[] {
  return report.split('\n').filter((line) => line.includes(text));
}

test('of many waits that differ in their age only the first three are shown', () => {
  const orders = Array.from({ length: 200 }, (_, index) => waiting('order', 7, 2000 - index));
  const report = reportOf([...orders, waiting('audit', 90, 5)]);
  expect(linesWith(report, 'and 197 more like context C')).toHaveLength(3);
  expect(linesWith(report, 'context C is order')).toHaveLength(1);
  expect(linesWith(report, "'s detail")).toHaveLength(4);
  expect(linesWith(report, 'audit waits since 5 ms')).toHaveLength(1);
  expect(report.split('\n').length).toBeLessThan(120);
});

test('waits at other places, or behind others, are not alike, and those that others wait behind are shown', () => {
  const orders = Array.from({ length: 4 }, (_, index) => waiting('order', index, 9));
  const behind = Array.from({ length: 4 }, () => waiting('order', 5, 9, [7]));
  const report = reportOf([...orders, ...behind]);
  expect(linesWith(report, 'context H is order')).toHaveLength(1);
  expect(report).not.toContain('more like');
});
