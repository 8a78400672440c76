import { beforeEach, describe, expect, test } from 'vitest';
import type { ExactContext } from '../../../../src/core/context.ts';
import { LOCK } from '../../../../src/core/how.ts';
import type { TrackedObject } from '../../../../src/core/tracked-object.ts';
import { ClassDriver } from './class-driver.ts';

let driver: ClassDriver;
let a: TrackedObject;
let b: TrackedObject;
let c: TrackedObject;
let first: ExactContext;
let second: ExactContext;

const kinds = (): string[] => driver.reports.map((report) => report.kind);

beforeEach(() => {
  driver = new ClassDriver();
  [a, b, c] = ['A', 'B', 'C'].map((name) => driver.define(name, 'mutex')) as [
    TrackedObject,
    TrackedObject,
    TrackedObject,
  ];
  first = driver.session.exactContext('T1');
  second = driver.session.exactContext('T2');
});

describe('what a context holds', () => {
  test('a lock taken again comes last, other than one that only changed its mode', () => {
    const objects = { A: 'mutex', B: 'mutex', X1: 'mutex:X', X2: 'mutex:X' };
    const { reports } = ClassDriver.run({
      objects,
      contexts: ['lock A; trylock B; unlock A; lock A; lock X1; lock X2'],
    });
    expect(reports[0]?.held.map((lock) => lock.label)).toEqual(['B', 'A', 'X1']);
  });

  test('goes by the context that waited, when two wait at a time', () => {
    const { session } = driver;
    const waits = [session.wait(a, LOCK, null, first), session.wait(b, LOCK, null, second)] as const;
    session.granted(waits[0]);
    session.granted(waits[1]);
    session.wait(c, LOCK, null, first);
    driver.in('T3', 'lock C; lock A');
    expect(kinds()).toEqual(['circular']);
  });

  test('a lock handed over leaves the one and has no order in the other', () => {
    const { session } = driver;
    const held = session.granted(session.wait(a, LOCK, null, first));
    session.granted(session.wait(b, LOCK, null, second));
    session.handover(held, second);
    session.wait(c, LOCK, null, second);
    driver.in('T3', 'lock C; lock B');
    expect(kinds()).toEqual(['circular']);
  });

  test('a lock handed over is no longer before what its first owner takes', () => {
    const { session } = driver;
    const held = session.granted(session.wait(a, LOCK, null, first));
    session.handover(held, second);
    session.exit(session.granted(session.wait(b, LOCK, null, first)), first);
    session.exit(held, second);
    driver.in('T3', 'lock B; lock A');
    expect(kinds()).toEqual([]);
  });
});
