import { expect, test } from 'vitest';
import { ReadTexts } from '../../../../instrument/testing/read-texts.ts';

const TAIL = `let tail = Promise.resolve();
export const run = (task) => { const done = tail.then(() => task()); tail = done.catch(() => undefined); return done; };`;

/** What all copies of this file share. */
function shared(): Map<string, string | null> {
  const key = Object.getOwnPropertySymbols(globalThis).find(({ description }) =>
    description?.startsWith('dept.texts '),
  );
  return (globalThis as unknown as Record<symbol, Map<string, string | null>>)[key as symbol] as Map<
    string,
    string | null
  >;
}

test('a text is read once for all files of tests in a process', () => {
  const text = new ReadTexts().marked(TAIL);
  expect(text).toContain('dept.own');
  const known = [...shared()].find(([, marked]) => marked === text);
  shared().set(known?.[0] as string, 'read before');
  expect(new ReadTexts().marked(TAIL)).toBe('read before');
  expect(new ReadTexts().marked(`${TAIL}\n`)).toContain('dept.own');
});

test('what has no lock is known too, and what nobody waits in is not kept', () => {
  const { size } = shared();
  const texts = new ReadTexts();
  expect([texts.marked('const one = 1;'), shared().size]).toEqual([null, size]);
  expect([texts.marked('new Promise(() => undefined);'), shared().size]).toEqual([null, size + 1]);
});
