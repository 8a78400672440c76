import { expect, test } from 'vitest';
import { QueuedSuspicion } from '../../../instrument/queued-suspicion.ts';
import type { Session } from '../../../src/core/session.ts';
import type { Wait } from '../../../src/core/wait.ts';
import type { QueuedCircles } from '../../../src/tracker/queued-circles.ts';
import type { Step } from '../../../src/tracker/stuck-waits.ts';
import type { WaitsFor } from '../../../src/tracker/waits-for.ts';

const step = {} as Step;

/** The numbers of the looks, of this many, at which the heap is read. */
function reads(looks: number, ageAt: (look: number) => number | null): readonly number[] {
  let now = 0;
  const asked: number[] = [];
  const session = { ageOf: () => ageAt(now) } as unknown as Session;
  const waitsFor: Pick<WaitsFor, 'queuedCircles' | 'keep'> = {
    queuedCircles: (isOld) => ({ steps: () => (isOld({} as Wait) ? [step] : []) }) as unknown as QueuedCircles,
    keep: () => undefined,
  };
  const suspicion = new QueuedSuspicion(session, waitsFor as WaitsFor, () => {
    asked.push(now);
    return [];
  });
  for (now = 1; now <= looks; now++) suspicion.look();
  return asked;
}

test('what has stood in a queue for two seconds is asked about, and after twice the time again, up to a minute', () => {
  expect(reads(1_000, () => 2_000)).toEqual([1, 9, 25, 57, 121, 249, 489, 729, 969]);
});

test('what is younger, or of an unknown age, is not', () => {
  expect(reads(100, () => 1_999)).toEqual([]);
  expect(reads(100, () => null)).toEqual([]);
});

test('what it has shown to be kept is told', () => {
  const kept: (readonly Step[])[] = [];
  const session = { ageOf: () => 5_000 } as unknown as Session;
  const waitsFor: Pick<WaitsFor, 'queuedCircles' | 'keep'> = {
    queuedCircles: () => ({ steps: () => [step] }) as unknown as QueuedCircles,
    keep: (steps) => void kept.push(steps),
  };
  new QueuedSuspicion(session, waitsFor as WaitsFor, () => [step]).look();
  expect(kept).toEqual([[step]]);
});
