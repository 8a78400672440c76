import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseScenarios } from '../../../src/scenario/parse.ts';
import { runCase } from '../../../src/scenario/run-case.ts';
import { VOCABULARY } from '../../../src/scenario/vocabulary.ts';

const FILE = new URL('../../fixtures/vocabulary-cases.json', import.meta.url);
const cases = parseScenarios(readFileSync(FILE, 'utf8'), 'vocabulary-cases.json');

test.each(cases.map((scenario) => [scenario.name, scenario] as const))('%s', (_name, scenario) => {
  const { verdict, stuck } = runCase(scenario);
  expect(verdict).toBe(scenario.expect);
  if (scenario.stuckContexts !== null) expect([...stuck].sort()).toEqual([...scenario.stuckContexts].sort());
});

test('the cases use every operation of the vocabulary at least once', () => {
  const used = new Set(cases.flatMap(({ contexts }) => contexts.flatMap(({ ops }) => ops.map(({ verb }) => verb))));
  const missing = Object.keys(VOCABULARY).filter((verb) => !used.has(verb as keyof typeof VOCABULARY));
  expect(missing).toEqual([]);
});

test('the cases know every kind of misuse the vocabulary lists', () => {
  const kinds = new Set(cases.map(({ expect: wanted }) => wanted));
  const listed = `bad-unlock init-held destroy-held use-after-destroy nest-lock-not-held wait-context exit-with-held not-held
    same-rank reentry-not-allowed out-of-order-release cond-wait-without-mutex ww-slow-not-needed ww-two-contexts
    ww-done-twice ww-fini-twice ww-unbalanced ww-edeadlk-not-backed-off ww-acquire-while-edeadlk`;
  const missing = listed.split(/\s+/).filter((kind) => !kinds.has(`misuse:${kind}`));
  expect(missing).toEqual([]);
});
