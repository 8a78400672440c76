import { escaped } from '../heap/function-text.ts';
import { behindBracket } from './brackets.ts';
import type { LockCandidate } from './lock-candidate.ts';
import { membersOf } from './object-text.ts';
import { endOfStatement, standsAlone } from './statement-text.ts';

/** An object that is written out with its functions: the only one of its kind. */
export interface LiteralText extends LockCandidate {
  readonly kind: 'class';
  /** Where its brace opens. */
  readonly begin: number;
  /** Behind the one that closes it. */
  readonly end: number;
  /** Behind the statement that exports it as the whole module: there nothing may stand before it, as Node reads names from the text. */
  readonly exported: number | null;
}

const VALUE =
  /(?:(?<![.\w$#])(?:const|let|var)\s+([\w$]+)\s*(?::[^=;{}()]*)?=\s*|\bexport\s+default\s+|(?<![.\w$#])(?:module\s*\.\s*)?exports(?:\s*\.\s*[\w$]+)?\s*=\s*)(?=\{)/g;

/** Those of a program whose functions know them as `this`, or by the name of the variable that they are in. */
export function literalsIn(blank: string): readonly LiteralText[] {
  const found: LiteralText[] = [];
  for (const match of blank.matchAll(VALUE)) {
    const begin = match.index + match[0].length;
    const end = behindBracket(blank, begin);
    if (end < 0) continue;
    const own = match[1] === undefined ? null : new RegExp(String.raw`(?<![\w$.#])${escaped(match[1])}\s*(?=\.)`, 'g');
    const parts = membersOf(blank, begin, end, new Set()).map(({ name, fn }) => {
      const body = blank.slice(fn.begin, fn.end);
      const text = own === null ? body : body.replaceAll(own, 'this');
      const { parameters, parameterList } = fn;
      return { name, parameters, parameterList, body, begin: fn.begin, text, isReplaceable: true };
    });
    if (!parts.some(({ text }) => /\bthis\s*\./.test(text))) continue;
    const exported = /^module\s*\.\s*exports\s*=/.test(match[0]) ? endOfStatement(blank, end) : null;
    if (exported !== null && (exported < 0 || !standsAlone(blank, match.index))) continue;
    found.push({ kind: 'class', begin, end, exported, parts, text: parts.map(({ text }) => text).join('\n') });
  }
  return found;
}
