import { expect, test } from 'vitest';
import { Slots } from '../../../../instrument/shapes/slots.ts';

test('they have grown while one that has begun under a lower limit goes on', () => {
  const slots = new Slots();
  expect(slots.haveGrownTo(1)).toBe(false);
  slots.begin(1);
  slots.begin(2);
  slots.begin(2);
  expect([slots.haveGrownTo(1), slots.haveGrownTo(2)]).toEqual([false, true]);
  slots.end(1);
  expect([slots.haveGrownTo(2), slots.haveGrownTo(3)]).toEqual([false, true]);
  slots.end(2);
  slots.end(2);
  expect(slots.haveGrownTo(3)).toBe(false);
});

test('each is given back in time when all must be', () => {
  const slots = new Slots();
  expect(slots.timeoutMs).toBeUndefined();
  slots.begin(3, 100);
  slots.begin(3, 200);
  expect(slots.timeoutMs).toBe(200);
  slots.begin(3);
  expect(slots.timeoutMs).toBeUndefined();
  slots.end(3);
  slots.end(3, 200);
  expect(slots.timeoutMs).toBe(100);
});
