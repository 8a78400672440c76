import { escaped } from '../heap/function-text.ts';
import { behindBracket } from './brackets.ts';
import { functionAt } from './function-texts.ts';
import type { Section, SectionBody } from './section-body.ts';

/** It lets time pass, so what comes next is held up by nobody. */
const PACED = /\b(?:setTimeout|setInterval|sleep|delay|pause|throttle\w*|debounce\w*)\b/i;

/**
 * What it does begins when all before it is done, and who comes next waits for it:
 * `this.tail = this.tail.then(async () => { ... }); return this.tail;`
 */
export function chainSectionIn(of: SectionBody): Section | null {
  const chained = new RegExp(
    String.raw`(?:(?:const|let|var)\s+([\w$]+)[^=;\n]*|${of.anyField}\s*)=\s*(${of.anyField})(?:\s*\.\s*catch\s*\(\s*\(\s*\)\s*=>\s*\))?\s*\.\s*then\s*\(\s*`,
    'g',
  );
  for (const match of of.own.matchAll(chained)) {
    const { index, 0: found, 1: local, 2: written, 4: field = '' } = match;
    if (written !== undefined && written !== field) continue;
    const open = index + found.trimEnd().length - 1;
    const at = index + found.length;
    const fn = functionAt(of.body, at);
    const behind = behindBracket(of.body, open);
    if (
      fn === null ||
      behind < 0 ||
      of.body
        .slice(fn.behind, behind - 1)
        .replace(',', '')
        .trim() !== ''
    )
      continue;
    if (of.awaitsBetween(0, index) || PACED.test(of.body.slice(fn.begin, fn.end))) continue;
    if (!/\bawait\b|\(/.test(of.body.slice(fn.begin, fn.end))) continue;
    const begin = index + (/^(?:const|let|var)\b/.test(found) ? 0 : found.search(/\S/));
    const write = written === undefined ? writeOf(of, field, local ?? '', behind) : begin;
    if (!of.beginsStatement(begin) || write < 0 || !isGiven(of, [of.ref(field), word(local)], behind)) continue;
    return { field, asks: begin, has: behind, gives: [], task: { at, end: fn.behind }, writes: [write] };
  }
  return null;
}

function word(local: string | undefined): string {
  return local === undefined ? '(?!)' : String.raw`(?<![.\w$])${escaped(local)}(?![\w$])`;
}

/** Where the field has what comes behind the local variable; -1 where it is given something else. */
function writeOf(of: SectionBody, field: string, local: string, from: number): number {
  const write = new RegExp(
    String.raw`${of.ref(field)}\s*=\s*${escaped(local)}\s*(?:\.\s*(?:then|catch|finally)\s*\(|[;\n])`,
  );
  const found = write.exec(of.own.slice(from));
  return found === null || of.awaitsBetween(from, from + found.index) ? -1 : from + found.index;
}

/** Whoever calls it gets that, or it awaits that. */
function isGiven(of: SectionBody, names: readonly string[], from: number): boolean {
  return new RegExp(String.raw`(?<![.\w$])(?:return|await)\s+(?:await\s+)?(?:${names.join('|')})\s*(?:[;\n}.]|$)`).test(
    of.own.slice(from),
  );
}
