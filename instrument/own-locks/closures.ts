import { escaped } from '../heap/function-text.ts';
import { behindBracket } from './brackets.ts';
import { executorBrackets } from './executors.ts';
import { functionAt } from './function-texts.ts';

const FUNCTION_OR_ARROW = /(?<![.\w$#])(?:async\s+)?function\b|=>/g;
const MAKES =
  /\breturn\s*(?:async\b\s*)?(?:function\b|\([^()]*(?:\([^()]*\)[^()]*)*\)\s*(?::[^=;]*)?=>|[\w$]+\s*=>|\{|[\w$.]+\s*\(\s*(?:\([^()]*\)|[\w$]+)\s*=>)/;
const RETURNS_NAME = /\breturn\s+([\w$]+)\s*(?:[;}\n]|$)/g;

/** What a function does itself: a text without the functions in it, but with what a promise is made with. */
export function withoutClosures(text: string): string {
  // Runs at once.
  const executors = executorBrackets(text);
  let own = '';
  let from = 0;
  for (const { at, behind } of closuresIn(text, (arrow) =>
    executors.some(({ open }) => isFirstIn(text, open, arrow)),
  )) {
    own += `${text.slice(from, at)} `;
    from = behind;
  }
  return own + text.slice(from);
}

/** The same for who has to know where something stands: with blanks for all functions in it, so that every character keeps its place. */
export function withBlankClosures(text: string): string {
  let own = '';
  let from = 0;
  for (const { begin, behind } of closuresIn(text)) {
    own += text.slice(from, begin) + text.slice(begin, behind).replaceAll(/[^\n]/g, ' ');
    from = behind;
  }
  return own + text.slice(from);
}

/** A function in a text: where its word or its arrow is, where that word or what is behind the arrow begins, and what is behind it. */
interface Closure {
  readonly at: number;
  readonly begin: number;
  readonly behind: number;
}

/** The functions in a text, not those in others. @param isLeft which arrows are passed by */
function* closuresIn(text: string, isLeft: (arrow: number) => boolean = () => false): Generator<Closure> {
  let from = 0;
  for (const { index: at, 0: found } of text.matchAll(FUNCTION_OR_ARROW)) {
    const isArrow = found === '=>';
    if (at < from || (isArrow && isLeft(at))) continue;
    const begin = isArrow ? at + 2 : at;
    const behind = isArrow ? behindBody(text, begin) : (functionAt(text, at)?.behind ?? -1);
    if (behind < 0) continue;
    yield { at, begin, behind };
    from = behind;
  }
}

const NAMED = /(?<![.\w$#])(?:(?:async\s+)?function\s+([\w$]+)|(?:const|let|var)\s+([\w$]+)\s*(?::[^=;]*)?=\s*)/g;

/** What a function does when it is called: a text without the functions that it only gives away by their names. */
export function withoutGiven(text: string): string {
  let own = '';
  let from = 0;
  for (const match of text.matchAll(NAMED)) {
    const [all, declared, variable] = match;
    if (match.index < from) continue;
    const fn = functionAt(text, declared === undefined ? match.index + all.length : match.index);
    if (fn === null) continue;
    const calls = new RegExp(String.raw`(?<![\w$.])${escaped(declared ?? variable ?? '')}\s*\(`);
    if (calls.test(text.slice(0, match.index)) || calls.test(text.slice(fn.behind))) continue;
    own += `${text.slice(from, match.index)} `;
    from = fn.behind;
  }
  return own + text.slice(from);
}

/** The arrow of the function that begins behind this bracket. */
function isFirstIn(text: string, open: number, arrow: number): boolean {
  return (
    open < arrow && /^\(\s*(?:async\b\s*)?(?:\([^()]*(?:\([^()]*\)[^()]*)*\)|[\w$]+)\s*$/.test(text.slice(open, arrow))
  );
}

/** Gives a function, or an object that may have some. */
export function makesFunction(text: string): boolean {
  if (MAKES.test(text)) return true;
  return [...text.matchAll(RETURNS_NAME)].some(([, name]) =>
    new RegExp(
      String.raw`(?:const|let|var)\s+${name}\b[^=;]*=\s*(?:async\b\s*)?(?:function\b|\([^()]*\)\s*(?::[^=;]*)?=>|[\w$]+\s*=>)|\bfunction\s+${name}\b`,
    ).test(text),
  );
}

/** Behind the body of an arrow function. */
function behindBody(text: string, from: number): number {
  const at = from + (/^\s*/.exec(text.slice(from, from + 200))?.[0].length ?? 0);
  if (text[at] === '{') return behindBracket(text, at);
  let end = at;
  while (end < text.length && !/[;,)\]}\n]/.test(text[end] as string)) {
    if (!/[([{]/.test(text[end] as string)) end++;
    else {
      const behind = behindBracket(text, end);
      if (behind < 0) return -1;
      end = behind;
    }
  }
  return end;
}
