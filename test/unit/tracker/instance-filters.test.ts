import { describe, expect, test } from 'vitest';
import type { Context } from '../../../src/core/context.ts';
import type { Finding } from '../../../src/core/finding.ts';
import { LOCK } from '../../../src/core/how.ts';
import { Session } from '../../../src/core/session.ts';
import type { TrackedObject } from '../../../src/core/tracked-object.ts';
import type { HowMuch } from '../../../src/core/vocabulary.ts';
import { DeptTracker } from '../../../src/tracker/dept.ts';

function stage(): {
  readonly session: Session;
  readonly findings: Finding[];
  readonly tracker: DeptTracker;
  readonly node: (label: string) => TrackedObject;
  readonly nest: (context: Context, ...objects: readonly TrackedObject[]) => void;
  /** The same under an acquire context of its own. */
  readonly acquire: (context: Context, ...objects: readonly TrackedObject[]) => void;
} {
  const session = new Session();
  const findings: Finding[] = [];
  const tracker = new DeptTracker(session, { onFinding: (finding) => findings.push(finding) });
  session.addObserver(tracker);
  const node = (label: string): TrackedObject => session.object({ kind: 'mutex', name: 'node', label });
  const lockAll = (more: HowMuch | null, context: Context, objects: readonly TrackedObject[]): void => {
    const held = objects.map((object) => session.granted(session.wait(object, LOCK, more, context)));
    for (const each of held.reverse()) session.exit(each, context);
  };
  return {
    session,
    findings,
    tracker,
    node,
    nest: (context, ...objects) => lockAll(null, context, objects),
    acquire: (context, ...objects) => lockAll({ group: {} }, context, objects),
  };
}

describe('instances of one class that nest in both orders', () => {
  test('are a deadlock between two contexts', () => {
    const { session, findings, node, nest } = stage();
    const [one, two] = [node('one'), node('two')];
    nest(session.exactContext('X'), one, two);
    nest(session.exactContext('Y'), two, one);
    expect(findings.map(({ code }) => code)).toEqual(['DEPT001']);
  });

  test('are told once, whether it takes three of them or two', () => {
    const { session, findings, node, nest } = stage();
    const [one, two, three, four] = [node('one'), node('two'), node('three'), node('four')];
    nest(session.exactContext('X'), one, two);
    nest(session.exactContext('Y'), two, three);
    nest(session.exactContext('Z'), three, one);
    nest(session.exactContext('X'), three, four);
    nest(session.exactContext('Y'), four, three);
    expect(findings.map(({ circle }) => circle.length)).toEqual([3]);
  });

  test('are none under a parent that both hold, until one does not', () => {
    const { session, findings, tracker, node, nest } = stage();
    const [one, two] = [node('one'), node('two')];
    const parent = session.object({ kind: 'mutex', name: 'parent' });
    nest(session.exactContext('X'), parent, one, two);
    const y = session.exactContext('Y');
    nest(y, parent, two, one);
    expect(findings).toEqual([]);
    expect(tracker.filtered.map(({ reason, because }) => [reason, because])).toEqual([['gate-lock', 'parent']]);
    nest(y, two, one);
    expect(findings.map(({ code }) => code)).toEqual(['DEPT001']);
    expect(tracker.filtered).toEqual([]);
  });

  test('are none in one context alone, until a namesake begins', () => {
    const { session, findings, tracker, node, nest } = stage();
    const [one, two] = [node('one'), node('two')];
    const x = session.exactContext('X');
    nest(x, one, two);
    nest(x, two, one);
    expect(findings).toEqual([]);
    expect(tracker.filtered.map(({ reason }) => reason)).toEqual(['single-context']);
    session.exactContext('X');
    expect(findings.map(({ code }) => code)).toEqual(['DEPT001']);
  });

  test('the same instance twice needs no second context', () => {
    const { session, findings, node, nest } = stage();
    const one = node('one');
    nest(session.exactContext('X'), one, one);
    expect(findings.map(({ code }) => code)).toEqual(['DEPT001']);
  });
});

describe('instances that are locked under acquire contexts', () => {
  test('are none: one of the contexts backs off', () => {
    const { session, findings, tracker, node, acquire } = stage();
    const [one, two, three] = [node('one'), node('two'), node('three')];
    acquire(session.exactContext('X'), one, two);
    acquire(session.exactContext('Y'), two, three);
    acquire(session.exactContext('Z'), three, one);
    expect(findings).toEqual([]);
    expect(tracker.filtered.map(({ reason, because }) => [reason, because])).toEqual([['backs-off', 'node']]);
  });

  test('are a deadlock with somebody who has none, whoever is seen first', () => {
    for (const plainFirst of [true, false]) {
      const { session, findings, node, nest, acquire } = stage();
      const [one, two] = [node('one'), node('two')];
      const steps = [
        () => nest(session.exactContext('X'), one, two),
        () => acquire(session.exactContext('Y'), two, one),
      ];
      for (const step of plainFirst ? steps : steps.toReversed()) step();
      expect(findings.map(({ code }) => code)).toEqual(['DEPT001']);
    }
  });

  test('one without a context is enough among three', () => {
    const { session, findings, node, nest, acquire } = stage();
    const [one, two, three] = [node('one'), node('two'), node('three')];
    acquire(session.exactContext('X'), one, two);
    nest(session.exactContext('Y'), two, three);
    expect(findings).toEqual([]);
    acquire(session.exactContext('Z'), three, one);
    expect(findings.map(({ circle }) => circle.length)).toEqual([3]);
  });

  test('are looked at again when somebody does the same without a context', () => {
    const { session, findings, tracker, node, nest, acquire } = stage();
    const [one, two] = [node('one'), node('two')];
    acquire(session.exactContext('X'), one, two);
    acquire(session.exactContext('Y'), two, one);
    expect(tracker.filtered.map(({ reason }) => reason)).toEqual(['backs-off']);
    acquire(session.exactContext('Z'), one, two);
    expect(findings).toEqual([]);
    nest(session.exactContext('W'), one, two);
    expect(findings.map(({ code }) => code)).toEqual(['DEPT001']);
    expect(tracker.filtered).toEqual([]);
    acquire(session.exactContext('V'), one, two);
    expect(findings).toHaveLength(1);
  });

  test('other filters hold for them too: a parent that both hold', () => {
    const { session, findings, tracker, node, nest, acquire } = stage();
    const [one, two] = [node('one'), node('two')];
    const parent = session.object({ kind: 'mutex', name: 'parent' });
    nest(session.exactContext('X'), parent, one, two);
    const y = session.exactContext('Y');
    const held = session.granted(session.wait(parent, LOCK, null, y));
    acquire(y, two, one);
    session.exit(held, y);
    expect([findings, tracker.filtered.map(({ reason }) => reason)]).toEqual([[], ['gate-lock']]);
    acquire(y, two, one);
    expect(findings.map(({ code }) => code)).toEqual(['DEPT001']);
  });
});
