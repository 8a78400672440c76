import { expect, test } from 'vitest';
import { captureStack, isAwaitedCall } from '../../../instrument/stacks/capture-stack.ts';

function framesOf(frames: number): readonly string[] {
  const holder: { stack?: string } = {};
  captureStack(holder, framesOf, frames);
  return (holder.stack ?? '').split('\n').slice(1);
}

test('as many frames as are asked for, and the limit of the program is as before', () => {
  const limit = Error.stackTraceLimit;
  expect(framesOf(1)).toHaveLength(1);
  expect(framesOf(3)).toHaveLength(3);
  expect(Error.stackTraceLimit).toBe(limit);
});

test('where the program has fixed the limit its own holds, and nothing is thrown', () => {
  const before = Object.getOwnPropertyDescriptor(Error, 'stackTraceLimit') as PropertyDescriptor;
  Object.defineProperty(Error, 'stackTraceLimit', { ...before, value: 2, writable: false });
  try {
    expect(framesOf(5)).toHaveLength(2);
  } finally {
    Object.defineProperty(Error, 'stackTraceLimit', before);
  }
});

test('who calls a function does not await it, and what prepares stacks is left as it was', () => {
  const prepared = Object.getOwnPropertyDescriptor(Error, 'prepareStackTrace');
  const called = (): boolean => isAwaitedCall(called);
  const calling = async (): Promise<boolean> => called();
  expect(called()).toBe(false);
  void calling();
  expect(Object.getOwnPropertyDescriptor(Error, 'prepareStackTrace')).toEqual(prepared);
});
