import { behindBracket } from './brackets.ts';
import type { Section, SectionBody } from './section-body.ts';

/**
 * It looks until nobody else is there, and says that it is there itself:
 * `while (this.busy) await sleep(5); this.busy = true; try { ... } finally { this.busy = false; }`
 */
export function flagSectionIn(of: SectionBody): Section | null {
  const loop = new RegExp(
    String.raw`(?<![.\w$])while\s*\(\s*${of.anyField}\s*\)\s*(\{\s*)?(?=await\s+(?:new\b|[\w$#.]+\s*(?:<[^<>()]*>)?\())`,
    'g',
  );
  for (const match of of.own.matchAll(loop)) {
    const { index, 0: found, 1: field = '', 2: brace } = match;
    const behind = behindLoop(of, index + found.length, brace === undefined ? -1 : index + found.lastIndexOf('{'));
    if (behind < 0 || !of.beginsStatement(index)) continue;
    const taken = new RegExp(String.raw`^\s*${of.ref(field)}\s*=\s*true\s*(?:;|(?=\n))`).exec(of.own.slice(behind));
    if (taken === null) continue;
    const has = behind + taken[0].length;
    const gives = [...of.own.matchAll(new RegExp(String.raw`${of.ref(field)}\s*=\s*false\b`, 'g'))].map(
      (given) => given.index,
    );
    if (gives.length === 0 || gives.some((at) => at < has || !of.beginsStatement(at))) continue;
    if (!gives.some((at) => of.isInFinally(at) || isInOneRow(of.own.slice(has, at)))) continue;
    const write = behind + taken[0].search(/\S/);
    return { field, asks: index, has, gives, task: null, writes: [write, ...gives] };
  }
  return null;
}

/**
 * The same for several at once: `while (this.active >= 4) await ...; this.active++; try { ... } finally { this.active--; }`
 */
export function countedSectionIn(of: SectionBody): Section | null {
  const loop = new RegExp(
    String.raw`(?<![.\w$])while\s*\(\s*${of.anyField}\s*>=\s*(\d+|[A-Z][A-Z0-9_]*|this\s*\.\s*#?[\w$]+)\s*\)\s*(\{\s*)?(?=await\s+(?:new\b|[\w$#.]+\s*(?:<[^<>()]*>)?\())`,
    'g',
  );
  for (const match of of.own.matchAll(loop)) {
    const { index, 0: found, 1: field = '', 2: room = '', 3: brace } = match;
    const behind = behindLoop(of, index + found.length, brace === undefined ? -1 : index + found.lastIndexOf('{'));
    if (behind < 0 || !of.beginsStatement(index)) continue;
    const name = of.ref(field);
    const taken = new RegExp(String.raw`^\s*${name}\s*(?:\+\+|\+=\s*1)\s*(?:;|(?=\n))`).exec(of.own.slice(behind));
    if (taken === null) continue;
    const has = behind + taken[0].length;
    const given = new RegExp(String.raw`${name}\s*(?:--|-=\s*1(?![\w$.*]))`, 'g');
    const [give, other] = [...of.own.matchAll(given)].map((one) => one.index);
    if (give === undefined || other !== undefined || give < has || !of.beginsStatement(give)) continue;
    // Before the name, it is counted as well.
    if (!of.isInFinally(give) || new RegExp(String.raw`(?:\+\+|--)\s*${name}`).test(of.body)) continue;
    const write = behind + taken[0].search(/\S/);
    return { field, asks: index, has, gives: [give], task: null, writes: [write, give], room };
  }
  return null;
}

/** Behind a loop that does nothing but wait. */
function behindLoop(of: SectionBody, at: number, brace: number): number {
  const behind = of.behindStatement(at);
  if (behind < 0 || brace < 0) return behind;
  const end = behindBracket(of.own, brace);
  return of.own.slice(behind, end - 1).trim() === '' ? end : -1;
}

/** There is no way out in between, as far as nothing fails. */
function isInOneRow(between: string): boolean {
  return (
    behindBracket(`{${between}}`, 0) === between.length + 2 &&
    !/(?<![.\w$])(?:return|throw|break|continue)\b/.test(between)
  );
}
