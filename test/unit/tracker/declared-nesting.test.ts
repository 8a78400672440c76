import { afterEach, beforeEach, expect, test } from 'vitest';
import { PromiseHookAttribution } from '../../../instrument/attribution/promise-hooks.ts';
import { ldt } from '../../../instrument/hooks/ldt.ts';
import type { Finding } from '../../../src/core/finding.ts';
import { Session } from '../../../src/core/session.ts';
import { attachSession, detachSession } from '../../../src/sync/hooks.ts';
import { DeptTracker } from '../../../src/tracker/dept.ts';

let findings: Finding[];
let attribution: PromiseHookAttribution;

beforeEach(() => {
  findings = [];
  const session = new Session();
  session.addObserver(new DeptTracker(session, { onFinding: (finding) => findings.push(finding) }));
  attachSession(session, (fault) => {
    throw fault;
  });
  attribution = new PromiseHookAttribution(session);
  attribution.install();
});

afterEach(() => {
  attribution.uninstall();
  detachSession();
});

const taken = (): Promise<void> => Promise.resolve();

/** Two instances of one class, taken in both orders. */
async function bothOrders(inner: { nest?: number; under?: object }): Promise<void> {
  const [one, two] = [ldt.map('node', { label: 'one' }), ldt.map('node', { label: 'two' })];
  for (const [first, second] of [
    [one, two],
    [two, one],
  ] as const) {
    await ldt.acquire(first, taken, inner.under === undefined ? {} : { under: inner.under });
    await ldt.acquire(second, taken, inner);
    ldt.unlock(second);
    ldt.unlock(first);
  }
}

test('an inversion of two instances is reported in asynchronous code', async () => {
  await bothOrders({});
  expect(findings.map(({ code }) => code)).toEqual(['DEPT001']);
});

test('a declared depth excuses it', async () => {
  await bothOrders({ nest: 1 });
  expect(findings).toEqual([]);
});

test('an outer lock that both are taken under excuses it', async () => {
  await bothOrders({ under: {} });
  expect(findings).toEqual([]);
});
