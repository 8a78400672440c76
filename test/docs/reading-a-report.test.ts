import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseReports } from '../../reports/parse-report.ts';
import { drawClassGraph } from '../../reports/text/class-graph.ts';
import { formatReport } from '../../reports/text/report.ts';
import { expectGolden } from '../unit/reports/golden.ts';

const root = join(import.meta.dirname, '../..');
const guide = join(root, 'docs/reading-a-report.md');

/** What differs between two runs and machines, and nothing else. */
function normalised(text: string): string {
  return text
    .replaceAll(/Node\.js v\d+\.\d+\.\d+( \w+ \w+$)?/gm, (_all, machine: string | undefined) =>
      machine === undefined ? 'Node.js v22.11.0' : 'Node.js v22.11.0 linux x64',
    )
    .replaceAll(/^PID: \d+ Comm: \S+/gm, 'PID: 4242 Comm: node');
}

/** Runs the example under `dept run` and gives what it printed and what it recorded. */
function report(): { readonly printed: string; readonly recorded: string } {
  const folder = mkdtempSync(join(tmpdir(), 'dept-guide-'));
  try {
    const file = join(folder, 'findings.ndjson');
    const dept = ['--conditions', 'dept:source', '--import', 'tsx', 'cli/bin.ts'];
    const child = spawnSync(
      process.execPath,
      [...dept, 'run', '--report', file, '--', 'node', 'examples/app/orders.ts'],
      { cwd: root, encoding: 'utf8', env: { ...process.env, NODE_OPTIONS: '' } },
    );
    expect({ status: child.status, stdout: child.stdout }).toMatchObject({ status: 1 });
    const printed = child.stderr.replace(SUMMARY, '');
    expect(child.stderr).toBe(printed + SUMMARY);
    return { printed, recorded: readFileSync(file, 'utf8') };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What `dept run` says after the reports. */
const SUMMARY = 'dept: 1 finding.\n';

/** The fenced text that is said to come from this command or file. */
function fence(text: string, source: string): { readonly start: number; readonly end: number; readonly body: string } {
  const opening = `<!-- from: ${source} -->\n\`\`\`text\n`;
  const start = text.indexOf(opening) + opening.length;
  const end = text.indexOf('```', start);
  expect(text.indexOf(opening)).toBeGreaterThan(0);
  return { start, end, body: text.slice(start, end) };
}

function expectFence(source: string, body: string): void {
  if (process.env['DEPT_UPDATE_GOLDEN'] === '1') {
    const text = readFileSync(guide, 'utf8');
    const { start, end } = fence(text, source);
    writeFileSync(guide, text.slice(0, start) + body + text.slice(end));
  }
  expect(body).toBe(fence(readFileSync(guide, 'utf8'), source).body);
}

test('the report of the guide is what dept run prints, and what dept show prints of the recorded line', () => {
  const { printed, recorded } = report();
  expectFence('npx dept run --no-fail -- node examples/app/orders.ts', normalised(printed));
  const [first, ...others] = parseReports(recorded);
  expect(others).toEqual([]);
  if (first === undefined) throw new Error('no finding was recorded');
  expect(formatReport(first.finding, { environment: first.environment })).toBe(printed);
  const circle = drawClassGraph(first.finding.circle);
  expectGolden('orders-circle.txt', circle);
  expectFence('test/golden/orders-circle.txt', circle);
});
