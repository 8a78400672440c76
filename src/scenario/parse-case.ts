import { MODES, type Mode, type ScenarioCase, type ScenarioContext } from './case.ts';
import { declaredOrderOf } from './declared-order.ts';
import { type Fields, fieldsOf } from './fields.ts';
import { type Op, parseOp } from './op.ts';
import { parseObjects } from './parse-objects.ts';
import { ScenarioError, type ScenarioPlace } from './scenario-error.ts';
import { GRAPH_VERBS, type Grammar, VOCABULARY } from './vocabulary.ts';

/** Builds one checked case from an entry of the file. @throws ScenarioError */
export function buildCase(entry: unknown, index: number, file: string): ScenarioCase {
  const unnamed: ScenarioPlace = { file, scenario: `#${index + 1}` };
  const name = fieldsOf(entry, unnamed, 'a case').text('name');
  const place: ScenarioPlace = { file, scenario: `#${index + 1} (${name})` };
  const fields = fieldsOf(entry, place, 'a case');
  const mode = modeOf(fields, place);
  const contexts = contextsOf(fields, mode, place);
  checkContexts(contexts, mode, place);
  const names = new Set(contexts.map((context) => context.name));
  const order = fields.texts('order') ?? [];
  for (const mention of order) {
    if (!names.has(mention)) throw new ScenarioError(place, `"order" names ${mention}, which is no context`);
  }
  return {
    suite: fields.optionalText('suite') ?? '',
    name,
    lockTypes: fields.texts('lockTypes') ?? [],
    mode,
    objects: parseObjects(fields.raw('objects'), contexts, place),
    contexts,
    order,
    expect: expectOf(fields, place),
    replayable: fields.flag('replayable', true),
    waitContext: fields.flag('waitContext', false),
    predictableFromLuckyRun:
      fields.raw('predictableFromLuckyRun') === undefined ? null : fields.flag('predictableFromLuckyRun', false),
    hangOrder: fields.texts('hangOrder'),
    luckyOrder: fields.texts('luckyOrder'),
    stuckContexts: fields.texts('stuckContexts'),
    declaredOrder: declaredOrderOf(fields.raw('declaredOrder')),
  };
}

function modeOf(fields: Fields, place: ScenarioPlace): Mode {
  const written = fields.optionalText('mode') ?? 'class';
  const mode = [...MODES, 'property' as const].find((known) => known === written);
  if (mode === undefined) {
    throw new ScenarioError(place, `unknown mode "${written}"; expected one of ${[...MODES, 'property'].join(', ')}`);
  }
  return mode;
}

function expectOf(fields: Fields, place: ScenarioPlace): string | null {
  const expect = fields.optionalText('expect');
  if (expect === null || expect === 'ok' || expect === 'deadlock' || /^misuse:\S+$/.test(expect)) return expect;
  throw new ScenarioError(place, `"expect" is "${expect}"; expected ok, deadlock or misuse:<kind>`);
}

function contextsOf(fields: Fields, mode: Mode | 'property', place: ScenarioPlace): readonly ScenarioContext[] {
  const contexts = fields.list('contexts');
  if (contexts === null && mode !== 'property') {
    throw new ScenarioError(place, 'expected "contexts", an array of contexts');
  }
  return (contexts ?? []).map((raw, index) => {
    const name = fieldsOf(raw, { ...place, context: `#${index + 1}` }, 'a context').text('name');
    const inside: ScenarioPlace = { ...place, context: name };
    const context = fieldsOf(raw, inside, 'a context');
    const ops = context.texts('ops');
    if (ops === null) throw new ScenarioError(inside, 'expected "ops", an array of operations');
    return {
      name,
      ops: ops.map((text, opIndex): Op => parseOp(text, { ...inside, opIndex })),
      spawnedBy: context.optionalText('spawnedBy'),
      daemon: context.flag('daemon', false),
      abandonedAfter: context.optionalNumber('abandonedAfter'),
    };
  });
}

function checkContexts(contexts: readonly ScenarioContext[], mode: Mode, place: ScenarioPlace): void {
  const names = new Set<string>();
  for (const { name } of contexts) {
    if (names.has(name)) throw new ScenarioError({ ...place, context: name }, 'two contexts have this name');
    names.add(name);
  }
  for (const { name, ops, spawnedBy } of contexts) {
    const inside: ScenarioPlace = { ...place, context: name };
    if (spawnedBy !== null && !names.has(spawnedBy)) {
      throw new ScenarioError(inside, `"spawnedBy" names ${spawnedBy}, which is no context`);
    }
    for (const [opIndex, op] of ops.entries()) {
      const here: ScenarioPlace = { ...inside, opIndex, op: op.text };
      const grammar: Grammar = VOCABULARY[op.verb];
      if (grammar.operand === 'context' && !names.has(op.target)) {
        throw new ScenarioError(here, `${op.target} is no context; expected one of ${[...names].join(', ')}`);
      }
      if (GRAPH_VERBS.has(op.verb) !== (mode === 'graph')) {
        throw new ScenarioError(here, `"${op.verb}" does not belong into a case of mode ${mode}`);
      }
    }
  }
}
