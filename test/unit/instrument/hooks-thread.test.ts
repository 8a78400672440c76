import { PassThrough } from 'node:stream';
import { expect, test, vi } from 'vitest';
import { startHooksThread } from '../../../instrument/modules/hooks-thread.ts';

test('what the hooks thread prints is written, and a reader that goes away stays the affair of the program', () => {
  const printed = new PassThrough();
  const before = process.stdout.listenerCount('error');
  startHooksThread(() => printed.pipe(process.stdout));
  expect(process.stdout.listenerCount('error')).toBe(before);
  const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  printed.write('hook');
  printed.read();
  const texts = write.mock.calls.map(([text]) => String(text));
  write.mockRestore();
  expect(texts).toEqual(['hook']);
});

test('pipes of the program are left alone', () => {
  const piped = new PassThrough();
  const before = process.stdout.listenerCount('error');
  startHooksThread(() => undefined);
  piped.pipe(process.stdout);
  expect(process.stdout.listenerCount('error')).toBe(before + 1);
  piped.unpipe(process.stdout);
});
