import { expect, test } from 'vitest';
import { configFromEnv, VARIABLES } from '../../../instrument/config.ts';
import { misspeltVariable } from '../../../instrument/misspelt-variables.ts';

test.each([
  ['DEPT_RULSE', 'DEPT_RULES'],
  ['DEPT_RULE', 'DEPT_RULES'],
  ['DEPT_REPORTS', 'DEPT_REPORT'],
  ['dept_rules', 'DEPT_RULES'],
  ['DEPT_OWNLOCKS', 'DEPT_OWN_LOCKS'],
  ['DEPT_STALL_MS', 'DEPT_STALL'],
  ['DEPT_STALL_BUDGET', 'DEPT_STALL_BUDGET_MS'],
  ['DEPT_ATTRIBUTIONS', 'DEPT_ATTRIBUTION'],
])('%s was to be %s', (name, meant) => {
  expect(misspeltVariable({ PATH: '/bin', [name]: 'x' })).toBe(`there is no variable ${name}; did you mean ${meant}?`);
});

test('variables of a department, and those that are empty, are none of ours', () => {
  const others = [
    'DEPT_ID',
    'DEPT_NAME',
    'DEPT_REPORT_URL',
    'DEPT_HEAD',
    'DEPT_CODE',
    'DEPT',
    'DEPTH_RULES',
    'MYDEPT_RULE',
  ];
  expect(misspeltVariable(Object.fromEntries(others.map((name) => [name, 'x'])))).toBeNull();
  expect(misspeltVariable({ DEPT_RULSE: '', DEPT_FORMTA: undefined })).toBeNull();
});

test('no variable that dept reads is taken for another one', () => {
  const read = new Set<string>();
  configFromEnv(new Proxy({}, { get: (_, name) => void read.add(String(name)) }));
  expect(read).toEqual(VARIABLES);
  // The command line alone gives the last one.
  const all = [...VARIABLES, 'DEPT_RECORD_PID'];
  expect(misspeltVariable(Object.fromEntries(all.map((name) => [name, 'x'])))).toBeNull();
});
