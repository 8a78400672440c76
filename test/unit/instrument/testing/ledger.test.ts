import { expect, test } from 'vitest';
import { FindingLedger } from '../../../../instrument/testing/ledger.ts';
import type { Finding } from '../../../../src/core/finding.ts';

const a = { id: 1, name: 'a' };
const b = { id: 2, name: 'b' };
const inner = { id: 3, name: 'a > inner' };

function finding(message: string): Finding {
  return {
    code: 'DEPT006',
    kind: 'misuse',
    severity: 'error',
    fingerprint: message,
    rules: 'dept',
    circle: [],
    message,
    help: [],
    predictedBy: null,
    openWaits: [],
    stack: null,
    at: 1 as Finding['at'],
  };
}

function told(all: ReturnType<FindingLedger['end']>): readonly unknown[] {
  return all.map(({ finding, isEarlier, alongside }) => [finding.message, isEarlier, ...alongside]);
}

test('a finding belongs to the test that ran', () => {
  const ledger = new FindingLedger();
  ledger.begin(a);
  ledger.add(finding('x'));
  expect(told(ledger.end(a))).toEqual([['x', false]]);
  ledger.begin(b);
  expect(told(ledger.end(b))).toEqual([]);
});

test('one made between tests belongs to the next', () => {
  const ledger = new FindingLedger();
  ledger.add(finding('x'));
  ledger.begin(a);
  expect(told(ledger.end(a))).toEqual([['x', true]]);
});

test('of tests at once the first to end tells it, and names the others', () => {
  const ledger = new FindingLedger();
  ledger.begin(a);
  ledger.begin(b);
  ledger.add(finding('x'));
  expect(told(ledger.end(b))).toEqual([['x', false, 'a']]);
  expect(told(ledger.end(a))).toEqual([]);
});

test('the runner may know whose it is', () => {
  const ledger = new FindingLedger();
  ledger.begin(a);
  ledger.begin(b);
  ledger.add(finding('x'), a);
  expect(told(ledger.end(b))).toEqual([]);
  expect(told(ledger.end(a))).toEqual([['x', false]]);
});

test('one that an ended test makes belongs to those that run', () => {
  const ledger = new FindingLedger();
  ledger.begin(b);
  ledger.add(finding('x'), a);
  expect(told(ledger.end(b))).toEqual([['x', false]]);
});

test('a test around another only waits for it', () => {
  const ledger = new FindingLedger();
  ledger.begin(a);
  ledger.begin(inner);
  ledger.add(finding('x'));
  expect(told(ledger.end(inner))).toEqual([['x', false]]);
  expect(told(ledger.end(a))).toEqual([]);
});

test('a second attempt fails by the same findings', () => {
  const ledger = new FindingLedger();
  ledger.begin(a);
  ledger.add(finding('x'));
  ledger.end(a);
  ledger.begin(a);
  ledger.add(finding('y'));
  expect(told(ledger.end(a))).toEqual([
    ['x', false],
    ['y', false],
  ]);
});

test('what was taken is told to nobody else', () => {
  const ledger = new FindingLedger();
  ledger.begin(a);
  ledger.add(finding('x'));
  expect(ledger.take().map(({ message }) => message)).toEqual(['x']);
  expect(told(ledger.end(a))).toEqual([]);
});

test('a test is alone beside those that it is a part of', () => {
  const ledger = new FindingLedger();
  ledger.begin(a);
  ledger.begin(inner);
  expect(ledger.isAlone(inner)).toBe(true);
  expect(ledger.isAlone(a)).toBe(false);
  ledger.begin(b);
  expect(ledger.isAlone(inner)).toBe(false);
});
