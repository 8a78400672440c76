import { escaped } from '../heap/function-text.ts';
import { behindBracket } from './brackets.ts';
import type { ClassText } from './class-text.ts';
import { withBlankClosures } from './closures.ts';
import type { ScopeText } from './scope-text.ts';

const ASSIGNS = String.raw`\s*(?:(?:[-+*/%&|^]|\*\*|&&|\|\||\?\?)?=(?![=>])|\+\+|--)`;

/**
 * True where nobody but these writes what a lock is kept in, besides who makes it: whoever else does lets somebody in whose turn it is
 * not.
 * @param known where they write it
 * @param blank the module
 */
export function isWrittenOnly(
  of: ClassText | ScopeText,
  field: string,
  known: ReadonlySet<number>,
  blank: string,
): boolean {
  return of.kind === 'class' ? isOwnField(of, field, known, blank) : isOwnVariable(of, field, known, blank);
}

/** A number, a constant, or a field that gets its value when its object is made, and never another one. */
export function isFixed(of: ClassText | ScopeText, written: string, blank: string): boolean {
  const field = /^this\s*\.\s*(#?[\w$]+)$/.exec(written)?.[1];
  if (field === undefined)
    return /^\d+$/.test(written) || new RegExp(String.raw`\bconst\s+${written}\s*(?::[^=;\n]*)?=`).test(blank);
  return of.kind === 'class' && isOwnField(of, field, new Set(), blank);
}

/** It is the class itself that has it: one of the class that it extends is written there, too. */
function isOwnField(of: ClassText, field: string, known: ReadonlySet<number>, blank: string): boolean {
  const name = escaped(field);
  const maker = of.parts.find((part) => part.name === 'constructor');
  const made = maker === undefined ? '' : withBlankClosures(maker.body);
  const first = new RegExp(String.raw`\bthis\s*\.\s*${name}\s*=(?![=>])`, 'g');
  const firsts = new Set([...made.matchAll(first)].map(({ index }) => index + (maker?.begin ?? 0)));
  const declared = new RegExp(
    String.raw`(?:^|[;{}\n]|\b(?:private|protected|public|readonly))\s*${name}\s*[?!]?\s*(?:[:;\n]|=(?![=>]))`,
  );
  if (firsts.size === 0 && !declared.test(of.text)) return false;
  // Counted up or down in the other way.
  if (new RegExp(String.raw`(?:\+\+|--)\s*[\w$.]+\s*\.\s*${name}(?![\w$])`).test(of.text)) return false;
  const writes = new RegExp(String.raw`(\bthis|[\w$)\]'])\s*[?!]?\.\s*${name}(?![\w$])${ASSIGNS}`, 'g');
  return [...blank.matchAll(writes)].every(
    ({ index, 1: receiver }) =>
      known.has(index) ||
      firsts.has(index) ||
      // That of another class.
      (receiver === 'this' && (index < of.begin || index > of.begin + of.text.length)),
  );
}

/** It is declared once, and nothing else is called so. */
function isOwnVariable(of: ScopeText, field: string, known: ReadonlySet<number>, blank: string): boolean {
  const name = String.raw`(?<![\w$.#])${escaped(field)}(?![\w$])`;
  const end = of.kind === 'module' ? blank.length : behindBracket(blank, of.begin - 1);
  const text = blank.slice(of.begin, end);
  const declarations = [...text.matchAll(new RegExp(String.raw`\b(?:let|var)\s+${name}`, 'g'))];
  const writes = [...text.matchAll(new RegExp(`${name}${ASSIGNS}`, 'g'))];
  const others = writes.filter(({ index }) => !known.has(index + of.begin));
  const isParameter = of.parts.some(({ parameterList }) => new RegExp(name).test(parameterList));
  if (declarations.length !== 1 || isParameter) return false;
  return others.every(({ index }) => /\b(?:let|var)\s+$/.test(text.slice(0, index)));
}
