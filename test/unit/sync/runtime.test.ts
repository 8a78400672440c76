import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Completion, hostRuntime, Mutex, TimeoutError } from '../../../src/sync/index.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('a timer longer than the host can count does not fire early', () => {
  let fired = 0;
  const month = 31 * 24 * 3600 * 1000;
  hostRuntime.timer(() => fired++, month);
  vi.advanceTimersByTime(month - 1);
  expect(fired).toBe(0);
  vi.advanceTimersByTime(1);
  expect(fired).toBe(1);
  const cancel = hostRuntime.timer(() => fired++, month);
  vi.advanceTimersByTime(month - 10);
  cancel();
  vi.advanceTimersByTime(20);
  expect(fired).toBe(1);
});

test('locks time out on the host clock, and a granted one leaves no timer behind', async () => {
  const mutex = new Mutex({ name: 'A' });
  const owner = await mutex.lock();
  const late = expect(mutex.lock({ timeoutMs: 50 })).rejects.toBeInstanceOf(TimeoutError);
  const granted = mutex.lock({ timeoutMs: 5000 });
  vi.advanceTimersByTime(50);
  await late;
  owner.release();
  const guard = await granted;
  expect(vi.getTimerCount()).toBe(0);
  guard.release();
});

test('an infinite timeout is none', async () => {
  const done = new Completion();
  const waiting = done.wait({ timeoutMs: Number.POSITIVE_INFINITY });
  expect(vi.getTimerCount()).toBe(0);
  done.complete();
  await waiting;
});
