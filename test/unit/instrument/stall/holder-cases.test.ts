import { fileURLToPath } from 'node:url';
import { beforeAll, expect, test } from 'vitest';
import { HOLDER_CASES } from '../../../../instrument/stall/holder-cases.ts';
import { FROM_SOURCE, runNode } from '../../../e2e/child.ts';

/** A busy machine may take long for it. */
const CHILD_TIMEOUT_MS = 60_000;
const GOES_ON = true;
const UNKNOWN = false;

/** What the heap tells of the holder in each program of `holders/`. */
const EXPECTED: readonly (readonly [program: string, cases: readonly (readonly [name: string, goesOn: boolean])[]])[] =
  [
    // Two steps: who owes the value waits for the lock, and who has the lock for the value.
    [
      'ofAValue',
      [
        ['owed', UNKNOWN],
        ['waits at the same place', UNKNOWN],
      ],
    ],
    ['byItself', [['waits himself', UNKNOWN]]],
    ['byTimer', [['carried on', GOES_ON]]],
    ['byTimerOfAPackage', [['not found', UNKNOWN]]],
    ['byProcess', [['listened for', GOES_ON]]],
    ['byNobody', [['not found', UNKNOWN]]],
    ['withCallback', [['waits at the same place', GOES_ON]]],
    ['withCallbackAwaited', [['waits at the same place', UNKNOWN]]],
    ['forEarlierAnswer', [['gave a task', UNKNOWN]]],
    ['forTimer', [['waits for timers', GOES_ON]]],
    ['besideFunction', [['started a function', GOES_ON]]],
    ['besideFunctionOfService', [['started a function', GOES_ON]]],
    ['forNewsOfFunction', [['started a function', UNKNOWN]]],
    ['forNewsByFunction', [['started a function', UNKNOWN]]],
    ['besideFunctionThatMany', [['started a function', UNKNOWN]]],
    ['besideFunctionOfAnotherKind', [['started a function', UNKNOWN]]],
    ['besideTask', [['asked aside', GOES_ON]]],
    ['besideTaskOfAnother', [['asked aside', UNKNOWN]]],
    ['forNewsOfTask', [['asked aside', UNKNOWN]]],
    ['besideCallback', [['asked in a callback', GOES_ON]]],
    ['forCallback', [['asked in a callback', UNKNOWN]]],
  ];

let found: Readonly<Record<string, unknown>> = {};
beforeAll(async () => {
  const look = fileURLToPath(new URL('holders/look.ts', import.meta.url));
  const { stdout } = await runNode([...FROM_SOURCE, look], { timeoutMs: CHILD_TIMEOUT_MS });
  found = JSON.parse(stdout);
}, CHILD_TIMEOUT_MS);

test.each(EXPECTED)('of the holder of %s is known: %j', (program, cases) => {
  expect(found[program]).toEqual(cases);
});

test('there is a program for each case, and nothing is expected of none', () => {
  const names = new Set(EXPECTED.flatMap(([, cases]) => cases.map(([name]) => name)));
  expect([...names].sort()).toEqual(HOLDER_CASES.map(({ name }) => name).sort());
  expect(EXPECTED.map(([program]) => program).sort()).toEqual(Object.keys(found).sort());
});
