import { ScenarioError, type ScenarioPlace } from './scenario-error.ts';
import { type Grammar, IRQ_WORDS, isVerb, type Operand, RCU_WORDS, type Verb, VOCABULARY } from './vocabulary.ts';

/** One operation of a context, checked against the vocabulary. */
export interface Op {
  readonly verb: Verb;
  /** What it names: an object, a context, an acquire context, a kind of interrupt; '' where it names nothing. */
  readonly target: string;
  /** Second node of a graph operation, '' elsewhere. */
  readonly second: string;
  /** Stated result after `=`, null where none is stated. */
  readonly result: string | null;
  /** `subclass=N`. */
  readonly subclass: number;
  /** `under=X`: the lock or acquire context that protects the nesting. */
  readonly under: string | null;
  /** `mutex=M` of a condition wait. */
  readonly mutex: string | null;
  /** `n=K` permits; 1 where not given. */
  readonly amount: number;
  /** `timeout=MS`; null where the wait never gives up. */
  readonly timeoutMs: number | null;
  /** `ctx=t` of a wound/wait operation; null for `none`. */
  readonly ctx: string | null;
  /** `class=C` of a wound/wait context. */
  readonly wwClass: string | null;
  /** `foreign=1`: the acquire context stands for another task's. */
  readonly foreign: boolean;
  /** `keep=1`: a refused edge stays in the graph. */
  readonly keep: boolean;
  /** As written. */
  readonly text: string;
}

const OPERANDS: Readonly<Record<Operand, number>> = Object.freeze({
  object: 1,
  context: 1,
  'ww-context': 1,
  irq: 1,
  rcu: 1,
  allocation: 1,
  nodes: 2,
  node: 1,
  none: 0,
});

/**
 * Reads one operation, as in `sem_acquire pool n=2 timeout=100`.
 * @throws ScenarioError on an unknown operation, operand, modifier or result
 */
export function parseOp(text: string, place: ScenarioPlace): Op {
  const fail = (what: string): never => {
    throw new ScenarioError({ ...place, op: text }, what);
  };
  const [verb = '', ...words] = text.trim().split(/\s+/);
  if (!isVerb(verb)) return fail(`unknown operation "${verb}"; expected one of ${Object.keys(VOCABULARY).join(', ')}`);
  const grammar: Grammar = VOCABULARY[verb];
  const operands = words.filter((word) => !word.includes('='));
  const wanted = OPERANDS[grammar.operand];
  if (operands.length !== wanted) {
    return fail(
      `expected ${wanted === 0 ? 'no operand' : `${wanted} operand(s)`} after "${verb}", got ${operands.length}`,
    );
  }
  const modifiers = new Map<string, string>();
  let result: string | null = null;
  for (const word of words.filter((candidate) => candidate.includes('='))) {
    const at = word.indexOf('=');
    const [name, value] = [word.slice(0, at), word.slice(at + 1)];
    if (name === '') result = value;
    else modifiers.set(name, value);
  }
  checkOperand(grammar, operands[0] ?? '', fail);
  checkModifiers(verb, grammar, modifiers, fail);
  checkResult(verb, grammar, result, fail);
  return build(verb, operands, modifiers, result, text, fail);
}

function checkOperand(grammar: Grammar, operand: string, fail: (what: string) => never): void {
  const words = grammar.operand === 'irq' ? IRQ_WORDS : grammar.operand === 'rcu' ? RCU_WORDS : null;
  if (words !== null && !words.includes(operand)) fail(`expected one of ${words.join(', ')}, got "${operand}"`);
}

function checkModifiers(
  verb: Verb,
  grammar: Grammar,
  modifiers: ReadonlyMap<string, string>,
  fail: (what: string) => never,
): void {
  const known = [...grammar.needs, ...grammar.takes, ...(grammar.blocks ? ['timeout'] : [])];
  for (const [name, value] of modifiers) {
    if (!known.includes(name)) {
      fail(`"${verb}" takes no modifier "${name}="${known.length === 0 ? '' : `; it knows ${known.join(', ')}`}`);
    }
    if (value === '') fail(`the modifier "${name}=" has no value`);
  }
  for (const name of grammar.needs) if (!modifiers.has(name)) fail(`"${verb}" needs the modifier "${name}="`);
}

function checkResult(verb: Verb, grammar: Grammar, result: string | null, fail: (what: string) => never): void {
  const { results } = grammar;
  if (result === null || results === 'any') return;
  if (results.length === 0) fail(`"${verb}" has no result to state, got "=${result}"`);
  if (!results.includes(result)) fail(`expected ${results.map((word) => `=${word}`).join(' or ')}, got "=${result}"`);
}

function build(
  verb: Verb,
  operands: readonly string[],
  modifiers: ReadonlyMap<string, string>,
  result: string | null,
  text: string,
  fail: (what: string) => never,
): Op {
  const count = (name: string, absent: number): number => {
    const value = modifiers.get(name);
    if (value === undefined) return absent;
    const number = Number(value);
    return Number.isSafeInteger(number) && number >= 0
      ? number
      : fail(`expected a whole number after "${name}=", got "${value}"`);
  };
  const isOn = (name: string): boolean => !['0', 'false', undefined].includes(modifiers.get(name));
  const ctx = modifiers.get('ctx') ?? null;
  return {
    verb,
    target: operands[0] ?? '',
    second: operands[1] ?? '',
    result,
    subclass: count('subclass', 0),
    under: modifiers.get('under') ?? null,
    mutex: modifiers.get('mutex') ?? null,
    amount: count('n', 1),
    timeoutMs: modifiers.has('timeout') ? count('timeout', 0) : null,
    ctx: ctx === 'none' ? null : ctx,
    wwClass: modifiers.get('class') ?? null,
    foreign: isOn('foreign'),
    keep: isOn('keep'),
    text,
  };
}
