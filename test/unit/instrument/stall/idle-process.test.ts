import { expect, test } from 'vitest';
import { IdleProcess } from '../../../../instrument/stall/idle-process.ts';

/** The numbers of the looks, of this many, at which the heap is worth one. */
function worthALook(
  looks: number,
  isIdleAt: (look: number) => boolean,
  awaitedAt: (look: number) => readonly object[],
): readonly number[] {
  let now = 0;
  const idle = new IdleProcess({ isIdle: () => isIdleAt(now), awaited: () => awaitedAt(now) });
  const told: number[] = [];
  for (now = 1; now <= looks; now++) if (idle.look()) told.push(now);
  return told;
}

const always = (): boolean => true;
/** Another promise each time. */
const another = (): readonly object[] => [{}];

test('a process that does nothing is worth a look after four seconds, and after twice as long each time', () => {
  expect(worthALook(500, always, another)).toEqual([16, 16 + 32, 16 + 32 + 64, 16 + 32 + 64 + 128, 496]);
});

test('one that does something now and then is not', () => {
  expect(worthALook(500, (look) => look % 16 !== 0, another)).toEqual([]);
});

test('it needs the same patience when it idles again', () => {
  expect(worthALook(100, (look) => look <= 16 || look > 40, another)).toEqual([16, 40 + 32]);
});

test('one in which nobody waits for a promise is not', () => {
  expect(worthALook(500, always, () => [])).toEqual([]);
});

test('two looks are enough for who waits long for the same, until somebody waits for something else', () => {
  const [work, answer] = [{}, {}];
  const awaitedAt = (look: number): readonly object[] => (look < 200 ? [work] : [work, answer]);
  expect(worthALook(199, always, awaitedAt)).toEqual([16, 48]);
  expect(worthALook(500, always, awaitedAt)).toEqual([16, 48, 240, 368]);
});
