import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { EXPLAINED_CODES, findingPage } from '../../../reports/explain.ts';
import { SourceFiles } from '../../../reports/source/source-files.ts';
import type { SourceLines } from '../../../reports/text/code-frame.ts';
import { wantsColor } from '../../../reports/text/palette.ts';
import { formatPretty } from '../../../reports/text/pretty.ts';
import type { Frame } from '../../../src/core/stack.ts';
import { arbitraryFinding } from './arbitrary-finding.ts';
import { abba, bare, circular, stack } from './finding-builder.ts';

/** The sequences a palette may write, and no other. */
const STYLES = new RegExp(`${String.fromCharCode(27)}\\[(?:1;31|1;33|32|1|36|2|22;39|39|22)m`, 'g');

/** One file of these lines, whatever its name. */
function source(...lines: readonly string[]): SourceLines {
  return { readLine: (_frame, line) => lines[line - 1] ?? null, pathOf: (frame) => `here/${frame.file}` };
}

function waitingAt(place: string): ReturnType<typeof abba> {
  const W = stack(`f ${place}`);
  return circular([{ context: 'f', S: 'lock(A:0)', W: 'lock(A:0)', E: 'unlock(A:0)', stacks: { W } }]);
}

test('the first line says it in plain words, the last where to read on', () => {
  const lines = formatPretty(abba()).split('\n');
  expect(lines[0]).toBe('placeOrder and refundOrder can wait for each other for ever.');
  expect(lines).toContain('DEPT: Circular dependency has been detected.');
  expect(lines).toContain('*** DEADLOCK ***');
  expect(lines).toContain('   [W] lock(orders:0)');
  expect(lines.at(-2)).toBe('DEPT001 error 00000000000000ff (dept rules), more: dept explain DEPT001');
});

test('a code frame has the lines around the wait and a caret below its column', () => {
  const text = formatPretty(waitingAt('a.ts:3:9'), { source: source('one', 'two', '  await f();', 'four', '', 'six') });
  expect(text).toContain(
    [
      'context A, f, waits: [W] lock(A:0)',
      ' --> here/a.ts:3:9',
      '1 | one',
      '2 | two',
      '3 |   await f();',
      '  |         ^ waits here, and never reaches [E] unlock(A:0)',
      '4 | four',
      '',
    ].join('\n'),
  );
});

test('tabs are two columns, for the caret too', () => {
  const text = formatPretty(waitingAt('a.ts:1:3'), { source: source('\t\tawait f();') });
  expect(text).toContain('1 |     await f();\n  |     ^ waits here');
});

test('of a long line the part around the column is shown', () => {
  const line = `${'a'.repeat(5000)}WAIT${'b'.repeat(5000)}`;
  const text = formatPretty(waitingAt('a.js:1:5001'), { source: source(line) });
  expect(text).toContain(`1 | ${'a'.repeat(70)}WAIT${'b'.repeat(26)}\n  | ${' '.repeat(70)}^ waits here`);
});

test('a file that is not the one that ran is not shown', () => {
  const text = formatPretty(waitingAt('a.ts:1:40'), { source: source('short') });
  expect(text).toContain('--> here/a.ts:1:40\n');
  expect(text).not.toContain('short');
  expect(formatPretty(waitingAt('a.ts:9:1'), { source: source('short') })).not.toContain('short');
});

test('a finding without contexts shows the call, one without help has that of its code', () => {
  const misuse = bare({ code: 'DEPT006', stack: stack('f a.ts:1:1') });
  expect(formatPretty(misuse, { source: source('unlock()') })).toContain('1 | unlock()\n  | ^ here\n');
  for (const code of EXPLAINED_CODES) {
    expect(formatPretty(bare({ code }))).toContain(`help: ${findingPage(code)?.todo[0]}\n`);
  }
});

test('nothing of the program reaches the terminal as a command', () => {
  const hostile = source('\u001b]0;title\u0007 \u009b31m', '\u2028');
  fc.assert(
    fc.property(arbitraryFinding, fc.boolean(), (finding, color) => {
      const text = formatPretty(finding, { source: hostile, color });
      const plain = text.replaceAll(STYLES, '');
      expect(plain).not.toMatch(/[^\P{Cc}\n]|[\u2028\u2029]/u);
      if (!color) expect(text).toBe(plain);
    }),
    { numRuns: 200, seed: 20251205 },
  );
});

test('colours are the only difference', () => {
  const colored = formatPretty(abba(), { color: true });
  expect(colored).toContain('\u001b[1;31mplaceOrder and refundOrder can wait for each other for ever.\u001b[22;39m\n');
  expect(colored.replaceAll(STYLES, '')).toBe(formatPretty(abba()));
});

test.each([
  [{}, true, true],
  [{}, false, false],
  [{ NO_COLOR: '1' }, true, false],
  [{ NO_COLOR: '' }, true, true],
  [{ FORCE_COLOR: '1' }, false, true],
  [{ FORCE_COLOR: '' }, false, true],
  [{ FORCE_COLOR: '0' }, true, false],
  [{ FORCE_COLOR: 'false' }, true, false],
  [{ FORCE_COLOR: '1', NO_COLOR: '1' }, false, true],
  [{ TERM: 'dumb' }, true, false],
])('colours with %j on a terminal: %s -> %s', (env, isTerminal, expected) => {
  expect(wantsColor(env, isTerminal)).toBe(expected);
});

test('files are read below the folder only, wherever a recorded finding points', () => {
  const outer = mkdtempSync(join(tmpdir(), 'dept-source-'));
  try {
    const folder = join(outer, 'app');
    mkdirSync(join(folder, 'src'), { recursive: true });
    mkdirSync(join(folder, 'node_modules/lib'), { recursive: true });
    writeFileSync(join(outer, 'secret.ts'), 'secret');
    writeFileSync(join(folder, 'src/a.ts'), 'first\r\nsecond\n');
    writeFileSync(join(folder, 'node_modules/lib/index.js'), 'library');
    const files = new SourceFiles(folder);
    const frame = (file: string, path?: string): Frame => ({
      functionName: null,
      file,
      line: 1,
      column: 1,
      ...(path === undefined ? {} : { path }),
    });
    expect(files.readLine(frame('src/a.ts'), 2)).toBe('second');
    expect(files.pathOf(frame('src/a.ts'))).toBe('src/a.ts');
    expect(files.readLine(frame('lib/index.js'), 1)).toBe('library');
    expect(files.pathOf(frame('lib/index.js'))).toBe('node_modules/lib/index.js');
    for (const file of ['../secret.ts', join(outer, 'secret.ts'), 'src', '', 'node:fs', 'src/none.ts']) {
      expect(files.readLine(frame(file), 1)).toBe(null);
      expect(files.pathOf(frame(file))).toBe(file);
    }
    // The engine itself said where this one is.
    expect(files.readLine(frame('secret.ts', join(outer, 'secret.ts')), 1)).toBe('secret');
    expect(files.pathOf(frame('secret.ts', join(outer, 'secret.ts')))).toBe(join(outer, 'secret.ts'));
  } finally {
    rmSync(outer, { recursive: true, force: true });
  }
});
