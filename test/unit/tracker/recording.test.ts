import { expect, test } from 'vitest';
import type { Finding } from '../../../src/core/finding.ts';
import { LOCK } from '../../../src/core/how.ts';
import { Session } from '../../../src/core/session.ts';
import { Recorder, type RecorderOptions } from '../../../src/tracker/recording/recorder.ts';
import { replay } from '../../../src/tracker/recording/replay.ts';

function recorded(options: Partial<RecorderOptions> = {}, rounds = 1): string {
  const lines: string[] = [];
  const session = new Session({ limits: { maxFindings: 7 } });
  const recorder = new Recorder(session, { write: (more) => void lines.push(more), ...options });
  session.addObserver(recorder);
  const [a, b] = ['A', 'B'].map((name) => session.object({ kind: 'mutex', name }));
  for (let round = 0; round < rounds; round++) {
    for (const [outer, inner] of [
      [a!, b!],
      [b!, a!],
    ] as const) {
      session.current = session.exactContext('task');
      const held = session.granted(session.wait(outer, LOCK));
      session.exit(session.granted(session.wait(inner, LOCK)));
      session.exit(held);
    }
  }
  recorder.flush();
  return lines.join('');
}

function found(lines: readonly string[]): { findings: readonly Finding[]; isTorn: boolean } {
  const findings: Finding[] = [];
  const { isTorn } = replay(lines, { rules: 'dept', onFinding: (finding) => void findings.push(finding) });
  return { findings, isTorn };
}

test('a recording is one JSON value a line, the header first', () => {
  const [header, ...lines] = recorded({ about: () => ({ release: 'shop' }) })
    .trimEnd()
    .split('\n');
  expect(JSON.parse(header!)).toEqual({
    dept: 'recording',
    version: 1,
    limits: { maxFindings: 7 },
    about: { release: 'shop' },
  });
  for (const line of lines) expect(JSON.parse(line)).toEqual([expect.any(String), ...JSON.parse(line).slice(1)]);
  expect(lines.filter((line) => line.startsWith('["object"'))).toHaveLength(2);
  expect(lines.filter((line) => line.startsWith('["how"'))).toHaveLength(1);
});

test('nothing is written for a session in which nothing happens', () => {
  const lines: string[] = [];
  const recorder = new Recorder(new Session(), { write: (more) => void lines.push(more) });
  recorder.confirm(true);
  recorder.stalled(false);
  recorder.flush();
  expect(lines).toEqual([]);
});

test('the bound ends the recording with a line that says so, and the replay with a notice', () => {
  const told: number[] = [];
  const text = recorded({ maxCharacters: 600, onLimit: (max) => void told.push(max) }, 10);
  expect(told).toEqual([600]);
  expect(text.length).toBeLessThan(1000);
  expect(text.endsWith('["limit",600]\n')).toBe(true);
  const { findings } = found(text.split('\n'));
  expect(findings.at(-1)).toMatchObject({ code: 'DEPT009', message: expect.stringContaining('600 characters') });
});

test('a last line that is cut off is left out; any other is refused by its number', () => {
  const lines = recorded().trimEnd().split('\n');
  const torn = [...lines, '["wait",9,'];
  expect(found(torn)).toMatchObject({ isTorn: true, findings: [{ code: 'DEPT001' }] });
  expect(found(lines)).toMatchObject({ isTorn: false, findings: [{ code: 'DEPT001' }] });
  expect(() => found([...torn, lines.at(-1)!])).toThrow(`line ${torn.length}: it is not JSON`);
});

test.each([
  [[], 'line 1: there is nothing'],
  [['{}'], 'line 1: it is not the head of a recording'],
  [['null'], 'line 1: it is not the head of a recording'],
  [['{"dept":"recording","version":2}'], 'line 1: the recording has version 2, this dept reads 1'],
  [['{"dept":"recording","version":1,"limits":{"maxFindings":0}}'], 'line 1: the limit maxFindings'],
  [['{"dept":"recording","version":1}', '{}'], 'line 2: it begins with none of the words'],
  [['{"dept":"recording","version":1}', '["toString"]'], 'line 2: it begins with none of the words'],
  [['{"dept":"recording","version":1}', '', '["exit",3,1,0,0]'], 'no event context has the number 3'],
  [['{"dept":"recording","version":1}', '["confirm",2]'], 'line 2: cell 1 of "confirm" is 2, expected 0 or 1'],
  [['{"dept":"recording","version":1}', '["object",1]'], 'line 2: cell 2 of "object" is nothing, expected a string'],
])('%j is refused: %s', (lines, problem) => {
  const expected = { code: 'ERR_DEPT_BAD_RECORDING', message: expect.stringContaining(problem) };
  expect(() => found(lines)).toThrow(expect.objectContaining(expected));
});
