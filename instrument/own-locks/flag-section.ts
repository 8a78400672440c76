import { behindBracket } from './brackets.ts';
import type { Section, SectionBody } from './section-body.ts';

/** A loop that does nothing but wait, and what the function does next. */
interface Looking {
  readonly field: string;
  /** How many may have it, where the loop counts. */
  readonly room: string | undefined;
  readonly asks: number;
  /** Where the field is written behind it, and behind that. */
  readonly write: number;
  readonly has: number;
}

/**
 * It looks until nobody else is there, and says that it is there itself:
 * `while (this.busy) await sleep(5); this.busy = true; try { ... } finally { this.busy = false; }`
 */
export function flagSectionIn(of: SectionBody): Section | null {
  for (const { field, asks, write, has } of lookingIn(of, of.anyField, String.raw`=\s*true`)) {
    const given = of.own.matchAll(new RegExp(String.raw`${of.ref(field)}\s*=\s*false\b`, 'g'));
    const gives = [...given].map(({ index }) => index);
    if (gives.length === 0 || gives.some((at) => at < has || !of.beginsStatement(at))) continue;
    if (!gives.some((at) => of.isInFinally(at) || isInOneRow(of.own.slice(has, at)))) continue;
    return { field, asks, has, gives, task: null, writes: [write, ...gives] };
  }
  return null;
}

const ROOM = String.raw`(?<room>\d+|[A-Z][A-Z0-9_]*|this\s*\.\s*#?[\w$]+)`;

/**
 * The same for several at once: `while (this.active >= 4) await ...; this.active++; try { ... } finally { this.active--; }`
 */
export function countedSectionIn(of: SectionBody): Section | null {
  const counts = lookingIn(of, String.raw`${of.anyField}\s*>=\s*${ROOM}`, String.raw`(?:\+\+|\+=\s*1)`);
  for (const { field, room = '', asks, write, has } of counts) {
    const name = of.ref(field);
    const given = new RegExp(String.raw`${name}\s*(?:--|-=\s*1(?![\w$.*]))`, 'g');
    const [give, other] = [...of.own.matchAll(given)].map((one) => one.index);
    if (give === undefined || other !== undefined || give < has || !of.beginsStatement(give)) continue;
    // Before the name, it is counted as well.
    if (!of.isInFinally(give) || new RegExp(String.raw`(?:\+\+|--)\s*${name}`).test(of.body)) continue;
    return { field, asks, has, gives: [give], task: null, writes: [write, give], room };
  }
  return null;
}

/** @param condition of the loop, with the field as its first group @param taking what is written behind the field when it is over */
function* lookingIn(of: SectionBody, condition: string, taking: string): Generator<Looking> {
  const loop = new RegExp(
    String.raw`(?<![.\w$])while\s*\(\s*${condition}\s*\)\s*(?<brace>\{\s*)?(?=await\s+(?:new\b|[\w$#.]+\s*(?:<[^<>()]*>)?\())`,
    'g',
  );
  for (const { index: asks, 0: found, 1: field = '', groups } of of.own.matchAll(loop)) {
    const brace = groups?.['brace'] === undefined ? -1 : asks + found.lastIndexOf('{');
    const behind = behindLoop(of, asks + found.length, brace);
    if (behind < 0 || !of.beginsStatement(asks)) continue;
    const taken = new RegExp(String.raw`^\s*${of.ref(field)}\s*${taking}\s*(?:;|(?=\n))`).exec(of.own.slice(behind));
    if (taken === null) continue;
    const [write, has] = [behind + taken[0].search(/\S/), behind + taken[0].length];
    yield { field, room: groups?.['room'], asks, write, has };
  }
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
