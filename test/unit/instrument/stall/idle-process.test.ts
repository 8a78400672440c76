import { expect, test } from 'vitest';
import { IdleProcess } from '../../../../instrument/stall/idle-process.ts';

/** The numbers of the looks, of this many, at which the heap is worth one. */
function worthALook(
  looks: number,
  isIdleAt: (look: number) => boolean,
  awaitedAt: (look: number) => readonly object[],
  isAboutToWakeAt: (look: number) => boolean = () => false,
): readonly number[] {
  let now = 0;
  let meant: readonly object[] = [];
  const idle = new IdleProcess({
    isIdle: () => isIdleAt(now),
    kept: () => awaitedAt(now),
    lookAt: (isMeant) => {
      meant = awaitedAt(now).filter(isMeant);
    },
    awaited: () => awaitedAt(now).filter((promise) => meant.includes(promise)),
    isAboutToWake: () => isAboutToWakeAt(now),
  });
  const told: number[] = [];
  for (now = 1; now <= looks; now++) if (idle.look()) told.push(now);
  return told;
}

const always = (): boolean => true;
/** Another promise each time, of which there are as many as looks. */
const promises = Array.from({ length: 501 }, () => ({}));
const another = (look: number): readonly object[] => promises.slice(look, look + 1);
/** One that is awaited for that many looks, and then the next one. */
const changingAfter =
  (looks: number) =>
  (look: number): readonly object[] =>
    another(Math.floor((look - 1) / looks));
/** Those that are awaited for good. */
const more = (look: number): readonly object[] => promises.slice(0, look);

test('a process that does nothing is worth a look after four seconds, and after twice as long each time', () => {
  expect(worthALook(500, always, more)).toEqual([16, 16 + 32, 16 + 32 + 64, 16 + 32 + 64 + 128, 496]);
});

test('one that waits for another promise each time goes on, however little it does', () => {
  expect(worthALook(500, always, another)).toEqual([]);
  expect(worthALook(100, always, changingAfter(12))).toEqual([]);
  expect(worthALook(100, always, changingAfter(32))).toEqual([16]);
});

test('it is not looked at just before somebody wakes up, unless somebody always does', () => {
  expect(worthALook(40, always, more, (look) => look < 20)).toEqual([20]);
  expect(worthALook(40, always, more, always)).toEqual([32]);
});

test('one that does something now and then is not', () => {
  expect(worthALook(500, (look) => look % 16 !== 0, more)).toEqual([]);
});

test('it needs the same patience when it idles again', () => {
  expect(worthALook(100, (look) => look <= 16 || look > 40, more)).toEqual([16, 40 + 32]);
});

test('one in which nobody waits for a promise is not', () => {
  expect(worthALook(500, always, () => [])).toEqual([]);
});

test('two looks are enough for who waits long for the same, until somebody waits for something else', () => {
  const [work, answer] = [{}, {}];
  const awaitedAt = (look: number): readonly object[] => (look < 200 ? [work] : [work, answer]);
  expect(worthALook(199, always, awaitedAt)).toEqual([16, 48]);
  expect(worthALook(500, always, awaitedAt)).toEqual([16, 48, 304, 432]);
});
