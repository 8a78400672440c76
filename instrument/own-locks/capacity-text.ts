import { escaped } from '../heap/function-text.ts';
import type { PartText } from './lock-candidate.ts';
import { type Change, changesIn, oppositeOf } from './state-changes.ts';

const COMPARED = /\.\s*(?:length|size)\s*[<>]=?\s*(?!0\b)/;
/** There are fewer than there may be. */
const SMALLER =
  /\bthis\s*\.\s*#?[\w$]+\s*\.\s*(?:length|size)\s*<\s*(this(?:\s*\.\s*#?[\w$]+)+|[A-Z][A-Z0-9_]*|[2-9]|\d{2,})(?![\w$])/;
/** A number, a field, a constant: what can be asked for from outside of the method. */
const BOUND = /^(?:\d+|[A-Z][A-Z0-9_]*|this(?:\s*\.\s*#?[\w$]+)+)$/;

/**
 * How many can have a lock at once, as an expression of the object `o` that is asked before it is first taken; null where the text
 * does not say. What a field is changed to first is what it is when somebody has it: he may have what gives it back with him.
 * @param all what all of its functions change
 * @param reach what is done by who takes it
 */
export function capacityIn(
  text: string,
  all: ReadonlyMap<string, ReadonlySet<Change>>,
  reach: string,
  givers: readonly PartText[] = [],
): string | null {
  const taken = new Map<string, Change>();
  for (const [field, changes] of changesIn(reach)) {
    const first = [...changes].find((change) => all.get(field)?.has(oppositeOf(change)) === true);
    if (first !== undefined) taken.set(field, first);
  }
  const fieldOf = (...changes: readonly Change[]): string | null =>
    [...taken].find(([, change]) => changes.includes(change))?.[0] ?? null;
  const counter = fieldOf('up', 'down');
  if (counter !== null) {
    const bound = boundOf(text, named(counter));
    return bound ?? (taken.get(counter) === 'down' ? `o.${counter}` : null);
  }
  const lent = givers.map(lentTo).find((field) => field !== null) ?? null;
  if (lent !== null) return mostIn(text, reach, lent);
  const flag = fieldOf('true', 'false');
  if (flag !== null) return isFreeFlag(text, flag) ? `o.${flag}?1:0` : '1';
  const marked = fieldOf('mark');
  if (marked !== null) return boundOf(text, String.raw`${named(marked)}\s*\.\s*(?:size|length)`) ?? '1';
  if (fieldOf('set') !== null) return '1';
  return null;
}

/** The list of a pool into which what is given back goes. */
function lentTo({ parameters, text }: PartText): string | null {
  const [first] = parameters;
  if (first === undefined || first === '') return null;
  const put = new RegExp(
    String.raw`\bthis\s*\.\s*(#?[\w$]+)\s*\.\s*(?:push|unshift|add)\s*\(\s*${escaped(first)}\s*\)`,
  );
  return put.exec(text)?.[1] ?? null;
}

/** As many as there are, or as the pool may make when it is asked for them. */
function mostIn(text: string, reach: string, list: string): string | null {
  const made = [...changesIn(reach)].find(([, changes]) => changes.has('up'))?.[0];
  const most = made === undefined ? SMALLER.exec(text)?.[1]?.replace(/^this\b/, 'o') : boundOf(text, named(made));
  if (most !== undefined && most !== null) return most;
  // There may be more of them some time.
  return COMPARED.test(text) ? null : `o.${list}.length`;
}

/** A field as a pattern has it. */
function named(field: string): string {
  return `${escaped(field)}(?![\\w$])`;
}

/** It is true while nobody has it. */
function isFreeFlag(text: string, field: string): boolean {
  const name = String.raw`this\s*\.\s*${escaped(field)}(?![\w$])`;
  return new RegExp(
    String.raw`\bif\s*\(\s*${name}\s*\)\s*\{?\s*${name}\s*=\s*(?:false|!1)|\b(?:if|while)\s*\(\s*!\s*${name}\s*\)\s*\{?\s*(?:return\s+)?(?:await|new\s+Promise)\b`,
  ).test(text);
}

/** What a counter is compared with that counts those who have it. */
function boundOf(body: string, field: string): string | null {
  const name = String.raw`this\s*\.\s*${field}`;
  const bound = String.raw`((?:this(?:\s*\.\s*#?[\w$]+)+|[\w$]+))`;
  const forms: readonly (readonly [RegExp, number])[] = [
    [new RegExp(String.raw`${name}\s*(?:<|>=|===?)\s*${bound}`), 0],
    [new RegExp(String.raw`${name}\s*(?:<=|>)\s*${bound}`), 1],
    [new RegExp(String.raw`${bound}\s*(?:>|<=|===?)\s*${name}`), 0],
    [new RegExp(String.raw`${name}\s*\+\s*1\s*(?:>|<=)\s*${bound}`), 0],
  ];
  for (const [form, more] of forms) {
    const found = form.exec(body)?.[1];
    if (found === undefined || !BOUND.test(found)) continue;
    // Another one of that name may be meant.
    if (new RegExp(String.raw`(?:const|let|var)\s+${found}\b`).test(body)) return null;
    // What is free is compared with nothing, or with one.
    if (/^[01]$/.test(found) && Number(found) + more <= 1) continue;
    return `${found.replace(/^this\b/, 'o')}${more === 0 ? '' : '+1'}`;
  }
  return null;
}
