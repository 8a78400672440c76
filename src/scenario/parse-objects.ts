import type { QueuePolicy, Reentry, ScenarioContext, ScenarioObject } from './case.ts';
import { Fields, fieldsOf } from './fields.ts';
import { isPermitType, isRecursiveType, typeOfVerb } from './object-types.ts';
import { ScenarioError, type ScenarioPlace } from './scenario-error.ts';
import { type Grammar, VOCABULARY } from './vocabulary.ts';

const POLICIES: readonly QueuePolicy[] = ['fair', 'barging', 'queued'];

/** Spellings of the re-entry modes, without case and punctuation, first match wins (vs-threading's ReentrancyMode). */
const REENTRY: readonly (readonly [RegExp, Reentry])[] = [
  [/stack|lifo/, 'stack'],
  [/recogni/, 'not-recognized'],
  [/^(not?|dis)|forbid|reject|error|throw|false|never/, 'not-allowed'],
  [/allow|free|true|recursive|reentrant|yes/, 'allowed'],
];

/**
 * Declared objects, and those that only appear in operations: their type is guessed from the first one.
 * @throws ScenarioError on a field of the wrong type
 */
export function parseObjects(
  raw: unknown,
  contexts: readonly ScenarioContext[],
  place: ScenarioPlace,
): ReadonlyMap<string, ScenarioObject> {
  const objects = new Map<string, ScenarioObject>();
  if (raw !== undefined) {
    if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) {
      throw new ScenarioError(place, 'expected "objects" to be an object of declarations by name');
    }
    for (const [name, declaration] of Object.entries(raw)) {
      objects.set(name, objectOf(name, fieldsOf(declaration, place, `object ${name}`), null, place));
    }
  }
  for (const { ops } of contexts) {
    for (const op of ops) {
      const grammar: Grammar = VOCABULARY[op.verb];
      if (grammar.operand === 'object' && !objects.has(op.target)) {
        objects.set(op.target, objectOf(op.target, new Fields({}, place), typeOfVerb(op), place));
      }
      if (op.mutex !== null && !objects.has(op.mutex)) {
        objects.set(op.mutex, objectOf(op.mutex, new Fields({}, place), 'mutex', place));
      }
    }
  }
  return objects;
}

function objectOf(name: string, fields: Fields, guessed: string | null, place: ScenarioPlace): ScenarioObject {
  const type = fields.optionalText('type') ?? guessed ?? 'mutex';
  const policy = fields.optionalText('policy') ?? 'fair';
  const known = POLICIES.find((candidate) => candidate === policy);
  if (known === undefined) {
    throw new ScenarioError(place, `object ${name}: unknown policy "${policy}"; expected ${POLICIES.join(', ')}`);
  }
  const reentry = reentryOf(fields.raw('reentry'));
  const permits = fields.optionalNumber('permits');
  const className = fields.optionalText('class');
  return {
    name,
    type,
    className: className ?? name,
    hasClass: className !== null,
    recursive: fields.flag('recursive', isRecursiveType(type)) || reentry === 'allowed' || reentry === 'stack',
    policy: known,
    permits: permits ?? (isPermitType(type) ? 1 : null),
    capacity: fields.flag('unbounded', false) ? Number.POSITIVE_INFINITY : (fields.optionalNumber('cap') ?? 0),
    senders: fields.optionalNumber('senders') ?? 1,
    autoreset: fields.flag('autoreset', false),
    isSetAtStart: fields.flag('set', false),
    parties: fields.optionalNumber('n') ?? 1,
    crossRelease: fields.flag('crossRelease', false),
    upgradeWaitsForQueue: fields.flag('upgradeWaitsForQueue', false),
    heldBy: fields.optionalText('heldBy'),
    staleContext: fields.optionalText('staleContext'),
    reentry,
  };
}

/** A word that is not known says no more than "not recognized": asking again is asking like anybody else. */
function reentryOf(raw: unknown): Reentry | null {
  if (raw === undefined) return null;
  const word = JSON.stringify(raw)
    .toLowerCase()
    .replaceAll(/[^a-z]/g, '');
  return REENTRY.find(([spelling]) => spelling.test(word))?.[1] ?? 'not-recognized';
}
