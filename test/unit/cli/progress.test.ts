import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Progress } from '../../../cli/progress.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] });
});
afterEach(() => {
  vi.useRealTimers();
});

test('long work says every two seconds how far it is, short work nothing', () => {
  const said: string[] = [];
  const nowhere = { write: () => undefined };
  const progress = new Progress({ stdout: nowhere, stderr: { write: (text) => said.push(text) }, cwd: '.' });
  for (let second = 1; second <= 5; second++) {
    vi.advanceTimersByTime(1_000);
    progress.at(() => `after ${second} s`);
  }
  expect(said).toEqual(['dept: after 2 s\n', 'dept: after 4 s\n']);
});
