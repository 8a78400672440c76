import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { caseTitle } from '../../src/scenario/case.ts';
import { runInstance } from '../../src/scenario/instance-mode.ts';
import { parseScenarios } from '../../src/scenario/parse.ts';
import { runCase } from '../../src/scenario/run-case.ts';
import { watchInstance } from '../../src/scenario/watched-run.ts';
import { DISPUTED } from './disputed.ts';

const FILE = new URL('../fixtures/locking-cases.json', import.meta.url);
const cases = parseScenarios(readFileSync(FILE, 'utf8'), 'locking-cases.json');
const replayable = cases.filter((scenario) => scenario.replayable);

test('the file holds 430 cases, 424 of them replayable', () => {
  expect(cases.length).toBe(430);
  expect(replayable.length).toBe(424);
});

test.each(['class', 'instance', 'explore', 'graph'])('every %s case gets the verdict of expect', (mode) => {
  const own = replayable.filter((scenario) => scenario.mode === mode);
  expect(own.length).toBeGreaterThan(0);
  const wrong = own
    .filter((scenario) => !DISPUTED.has(caseTitle(scenario)))
    .map((scenario) => runCase(scenario))
    .filter((result) => result.agrees !== true || !result.complete)
    .map(({ scenario, verdict }) => `${caseTitle(scenario)}: expected ${scenario.expect}, got ${verdict}`);
  expect(wrong).toEqual([]);
});

test('a disputed case exists and is still disputed', () => {
  for (const title of DISPUTED.keys()) {
    const scenario = replayable.find((candidate) => caseTitle(candidate) === title);
    expect(scenario, title).toBeDefined();
    expect(scenario === undefined ? true : runCase(scenario).agrees, title).toBe(false);
  }
});

test('in the kernel suites DEPT under the kernel rules agrees with the kernel on every lock and event case', () => {
  // Wait contexts are lockdep's question.
  const own = replayable.filter(
    ({ suite, mode, expect: wanted }) =>
      suite.startsWith('linux-') && mode === 'class' && wanted !== 'misuse:wait-context',
  );
  const wrong = own
    .map((scenario) => runCase(scenario, { detector: 'dept', rules: 'linux' }))
    .filter((result) => result.dept !== result.scenario.expect)
    .map(({ scenario, dept }) => `${scenario.name}: ${dept}`);
  // The kernel's DEPT sees neither waits nor holds under a nest_lock, which an acquire context is; lockdep reports these.
  expect(wrong.sort()).toEqual(['ww_block_context: ok', 'ww_try_context: ok']);
});

test('in the kernel selftest lockdep agrees with the kernel on every case', () => {
  const wrong = replayable
    .filter(({ suite, mode }) => suite === 'linux-locking-selftest' && mode === 'class')
    .map((scenario) => runCase(scenario, { detector: 'lockdep' }))
    // The selftest asks only whether something was reported: at this one the wait context comes before the circle.
    .filter(({ scenario, lockdep }) => lockdep !== scenario.expect && scenario.name !== 'ww_spin_block')
    .map(({ scenario, lockdep }) => `${caseTitle(scenario)}: ${lockdep}`);
  expect(wrong).toEqual([]);
});

test('the contexts that are stuck are those the case names', () => {
  const wrong = replayable
    .filter(({ mode, stuckContexts }) => mode === 'instance' && stuckContexts !== null)
    .filter((scenario) => {
      const { stuck } = runInstance(scenario);
      return [...stuck].sort().join() !== [...(scenario.stuckContexts ?? [])].sort().join();
    });
  expect(wrong.map(caseTitle)).toEqual([]);
});

test('every hang order hangs and every lucky order runs to its end', () => {
  const hangs = (scenario: (typeof cases)[number], order: readonly string[]): boolean =>
    runInstance(scenario, order).stuck.length > 0;
  const ordered = replayable.filter(({ hangOrder, luckyOrder }) => hangOrder !== null || luckyOrder !== null);
  expect(ordered.length).toBeGreaterThan(40);
  for (const scenario of ordered) {
    if (scenario.hangOrder !== null) expect(hangs(scenario, scenario.hangOrder), caseTitle(scenario)).toBe(true);
    if (scenario.luckyOrder !== null) expect(hangs(scenario, scenario.luckyOrder), caseTitle(scenario)).toBe(false);
  }
});

test('the hanging order that an exploration tells hangs', () => {
  const found = replayable
    .filter(({ mode, expect: wanted }) => mode === 'explore' && wanted === 'deadlock')
    .map((scenario) => runCase(scenario));
  expect(found.length).toBeGreaterThan(10);
  for (const { scenario, hangOrder } of found) {
    expect(runInstance(scenario, hangOrder ?? []).stuck.length, caseTitle(scenario)).toBeGreaterThan(0);
  }
});

test('DEPT predicts from the lucky run alone whatever can be predicted', () => {
  const predictable = replayable.filter(({ predictableFromLuckyRun }) => predictableFromLuckyRun === true);
  const missed = predictable
    .filter((scenario) => watchInstance(scenario, 'dept', 'dept', scenario.luckyOrder ?? []).dept !== 'deadlock')
    .map(caseTitle);
  expect(predictable.length).toBe(27);
  // A lock that leaves with its owner is no circle; it is reported as misuse: exit-with-held.
  expect(missed).toEqual(['trio-anyio/lock_never_released_at_exit']);
});
