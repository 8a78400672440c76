import { expect, test } from 'vitest';
import { parseScenarios } from '../../../src/scenario/parse.ts';
import { ScenarioError } from '../../../src/scenario/scenario-error.ts';

function caseText(parts: object): string {
  return JSON.stringify({ suite: 's', name: 'n', mode: 'class', contexts: [], ...parts });
}

function opText(op: string): string {
  return caseText({ contexts: [{ name: 'T', ops: [op] }] });
}

function fault(text: string): string {
  try {
    parseScenarios(text, 'f.json');
  } catch (error) {
    if (error instanceof ScenarioError) return error.message;
    throw error;
  }
  return 'no error';
}

test('a file is an array, one case, or one case a line', () => {
  const one = caseText({});
  expect(parseScenarios(`[${one},${one}]`, 'f')).toHaveLength(2);
  expect(parseScenarios(one, 'f')).toHaveLength(1);
  expect(parseScenarios(`${one}\n\n${one}\n${one}\n`, 'f')).toHaveLength(3);
});

test.each([
  [
    'an unknown operation',
    opText('lokc A'),
    /case #1 \(n\), context T, op 0 "lokc A": unknown operation "lokc"; expected one of lock,/,
  ],
  ['a missing operand', opText('lock'), /expected 1 operand\(s\) after "lock", got 0/],
  ['an operand too many', opText('park A'), /expected no operand after "park", got 1/],
  ['an unknown modifier', opText('lock A n=1'), /"lock" takes no modifier "n="; it knows timeout/],
  ['a missing modifier', opText('cond_wait C'), /"cond_wait" needs the modifier "mutex="/],
  ['a modifier without value', opText('sem_acquire S n='), /"n=" has no value/],
  ['a number that is none', opText('sem_acquire S n=x'), /whole number after "n=", got "x"/],
  ['an unknown result', opText('trylock A =maybe'), /expected =ok or =fail, got "=maybe"/],
  ['a result where none is', opText('unlock A =ok'), /has no result to state/],
  ['an unknown interrupt', opText('irq_enter nmi'), /expected one of hard, soft, hard_nothread, got "nmi"/],
  ['a join of nobody', opText('await_task X'), /X is no context; expected one of T/],
  ['a graph operation elsewhere', opText('add_edge a b'), /does not belong into a case of mode class/],
  ['an unknown mode', caseText({ mode: 'fast' }), /unknown mode "fast"; expected one of class/],
  ['an unknown expectation', caseText({ expect: 'hang' }), /"expect" is "hang"; expected ok, deadlock or misuse/],
  ['an order of strangers', caseText({ order: ['X'] }), /"order" names X, which is no context/],
  ['a case without name', '{"contexts":[]}', /case #1: expected "name" to be a non-empty string, got undefined/],
  [
    'two contexts of one name',
    caseText({
      contexts: [
        { name: 'T', ops: [] },
        { name: 'T', ops: [] },
      ],
    }),
    /two contexts have this name/,
  ],
  ['no operations', caseText({ contexts: [{ name: 'T' }] }), /context T: expected "ops", an array of operations/],
  ['a parent that is none', caseText({ contexts: [{ name: 'T', ops: [], spawnedBy: 'X' }] }), /"spawnedBy" names X/],
  [
    'an unknown policy',
    caseText({ objects: { A: { type: 'mutex', policy: 'lifo' } } }),
    /object A: unknown policy "lifo"/,
  ],
  ['objects that are a list', caseText({ objects: [] }), /expected "objects" to be an object/],
  ['a flag that is none', caseText({ replayable: 'no' }), /expected "replayable" to be true or false, got "no"/],
  ['broken JSON', '[{"name": }]', /^f\.json: not valid JSON: /],
  ['a broken line', `${caseText({})}\n{"name"`, /line 2 is not valid JSON/],
  ['an empty file', '  \n', /the file is empty/],
  ['a number', '7', /case #1: expected a case to be an object, got 7/],
  ['lists without end', '['.repeat(1e5) + ']'.repeat(1e5), /case #1: expected a case to be an object, got an array$/],
  ['a word without end', JSON.stringify('x'.repeat(1e6)), /expected a case to be an object, got "x{79}\.\.\.$/],
])('%s is one precise error', (_what, text, message) => {
  expect(fault(text)).toMatch(message);
  expect(fault(text)).not.toContain('\n');
});

test('an error carries its code and its place', () => {
  let caught: unknown;
  try {
    parseScenarios(opText('lokc A'), 'f.json');
  } catch (error) {
    caught = error;
  }
  expect(caught).toBeInstanceOf(ScenarioError);
  expect(caught).toMatchObject({
    code: 'ERR_DEPT_SCENARIO',
    place: { file: 'f.json', context: 'T', opIndex: 0, op: 'lokc A' },
  });
});

test('an object that is not declared takes its type from its first operation', () => {
  const [scenario] = parseScenarios(opText('chan_send Q'), 'f');
  expect(scenario?.objects.get('Q')).toMatchObject({ type: 'channel', className: 'Q', policy: 'fair' });
});

test('modifiers are read', () => {
  const [scenario] = parseScenarios(opText('sem_acquire S n=3 timeout=20'), 'f');
  expect(scenario?.contexts[0]?.ops[0]).toMatchObject({ verb: 'sem_acquire', target: 'S', amount: 3, timeoutMs: 20 });
});
