import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CONFIRM_AFTER_MS, Suspicion } from '../../../instrument/suspicion.ts';
import type { WaitsFor } from '../../../src/tracker/waits-for.ts';

/** How many looks make that many milliseconds. */
const looks = (ms: number): number => ms / CONFIRM_AFTER_MS;

/** The numbers of the looks at which they are due, out of so many. */
function due(suspicion: Suspicion, count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => (suspicion.isDue() ? index + 1 : 0)).filter((at) => at > 0);
}

describe('what is suspected while a timer is under way', () => {
  let timer: NodeJS.Timeout;
  let hasSuspects = true;
  beforeEach(() => {
    timer = setTimeout(() => undefined, 1_000_000);
    hasSuspects = true;
  });
  afterEach(() => clearTimeout(timer));

  const waitsFor = {
    get hasSuspects() {
      return hasSuspects;
    },
    lastingCircles: [],
  } as unknown as WaitsFor;

  test('is due every second and a half', () => {
    expect(due(new Suspicion(waitsFor), looks(3_000))).toEqual([looks(1_500), looks(3_000)]);
  });

  test('counts anew when there was nothing in between', () => {
    const suspicion = new Suspicion(waitsFor);
    expect(due(suspicion, looks(1_250))).toEqual([]);
    hasSuspects = false;
    expect(due(suspicion, 1)).toEqual([]);
    hasSuspects = true;
    expect(due(suspicion, looks(1_500))).toEqual([looks(1_500)]);
  });

  test('is looked at again after twice the time where a holder goes on, and is due after half a minute', () => {
    let asked = 0;
    const suspicion = new Suspicion(waitsFor, () => asked++ >= 0);
    expect(due(suspicion, looks(30_000))).toEqual([looks(30_000)]);
    expect(asked).toBe(4);
  });
});
