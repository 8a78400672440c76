import { afterEach, expect, test, vi } from 'vitest';
import { ToldFindings } from '../../../instrument/threads/told-findings.ts';

afterEach(() => {
  vi.unstubAllGlobals();
});

test('what one thread has told of no other one tells again', () => {
  const [main, worker] = [new ToldFindings(), new ToldFindings()];
  const other = new ToldFindings(main.memory);
  expect(main.claim('c1fe0876387d3820')).toBe(true);
  expect(main.claim('c1fe0876387d3820')).toBe(true);
  expect(other.claim('c1fe0876387d3820')).toBe(false);
  expect(worker.claim('c1fe0876387d3820')).toBe(true);
});

test('a thread tells for itself where the program has no shared memory', () => {
  vi.stubGlobal('SharedArrayBuffer', undefined);
  const told = new ToldFindings();
  expect(told.claim('c1fe0876387d3820')).toBe(true);
  expect(told.memory).toBeInstanceOf(ArrayBuffer);
});
