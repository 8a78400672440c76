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

  test('is due at once, so that it counts from there, and every three seconds', () => {
    expect(due(new Suspicion(waitsFor), looks(6_250))).toEqual([1, 1 + looks(3_000), 1 + looks(6_000)]);
  });

  test('is due sooner where it is looked whether a holder goes on', () => {
    expect(due(new Suspicion(waitsFor, () => false), looks(3_750))).toEqual([1, 1 + looks(1_750), 1 + looks(3_500)]);
  });

  test('counts anew when there was nothing in between', () => {
    const suspicion = new Suspicion(waitsFor);
    expect(due(suspicion, looks(3_000))).toEqual([1]);
    hasSuspects = false;
    expect(due(suspicion, 1)).toEqual([]);
    hasSuspects = true;
    expect(due(suspicion, looks(3_250))).toEqual([1, looks(3_250)]);
  });

  test('is looked at again after twice the time where a holder goes on, and is due after half a minute', () => {
    let asked = 0;
    // The first confirmation has nothing to ask about.
    const suspicion = new Suspicion(waitsFor, () => asked++ > 0);
    expect(due(suspicion, looks(30_000))).toEqual([1, looks(30_000)]);
    expect(asked).toBe(5);
  });
});
