import { expect, test } from 'vitest';
import type { Finding } from '../../../src/core/finding.ts';
import { LOCK } from '../../../src/core/how.ts';
import { Session } from '../../../src/core/session.ts';
import type { Wait } from '../../../src/core/wait.ts';
import { WaitsFor } from '../../../src/tracker/waits-for.ts';

/** Somebody takes a lock that he has, in asynchronous code. */
function entered(): { readonly waitsFor: WaitsFor; readonly wait: Wait; readonly found: readonly string[] } {
  const session = new Session();
  const found: string[] = [];
  const onFinding = ({ code, severity, message }: Finding): void => {
    found.push(`${code} ${severity}: ${message}`);
  };
  const waitsFor = new WaitsFor(session, { onFinding });
  session.addObserver(waitsFor);
  const lock = session.object({ kind: 'mutex', name: 'lock' });
  session.slice.history = session.granted(session.wait(lock, LOCK));
  const wait = session.wait(lock, LOCK);
  session.blocked(wait);
  waitsFor.confirm(false);
  return { waitsFor, wait, found };
}

test('who gives up when a timer runs is in a deadlock until then: a warning, once', () => {
  const { waitsFor, wait, found } = entered();
  wait.isLimited = true;
  waitsFor.confirm(false);
  waitsFor.confirm(false, [wait]);
  expect(found).toEqual([
    'DEPT002 warning: main waits until a timeout ends it: it asks for lock again while it holds it.',
  ]);
});

test('when he waits for it again, without a limit, it is an error', () => {
  const { waitsFor, wait, found } = entered();
  wait.isLimited = true;
  waitsFor.confirm(false);
  waitsFor.confirm(true);
  expect(found.map((each) => each.split(':')[0])).toEqual(['DEPT002 warning', 'DEPT002 error']);
});

test('when the program ends itself before the timer runs it stays a warning', () => {
  const { waitsFor, wait, found } = entered();
  for (const isLast of [false, true]) {
    wait.isLimited = true;
    waitsFor.confirm(isLast);
  }
  expect(found.map((each) => each.split(':')[0])).toEqual(['DEPT002 warning']);
});
