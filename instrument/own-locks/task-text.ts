import { escaped } from '../heap/function-text.ts';
import { behindBracket } from './brackets.ts';
import { endOfExpression } from './function-texts.ts';
import type { PartText } from './lock-candidate.ts';
import { TASK } from './vocabulary.ts';

/** The parameter that is a function and is called in this text, or null. */
export function taskOf({ parameters }: PartText, text: string): string | null {
  for (const name of parameters) {
    if (!TASK.test(name)) continue;
    const word = escaped(name);
    const called = String.raw`(?<![\w$#]|\bthis\s*\.\s*)${word}\s*(?:\?\.\s*)?\(`;
    const chained = String.raw`\.\s*(?:then|finally)\s*\(\s*(?:[^()]*,\s*)?(?:[\w$]+\s*\.\s*)?${word}\s*[,)]`;
    if (new RegExp(`${called}|${chained}`).test(text)) return name;
  }
  return null;
}

/** Waits, or comes to what does. */
const FIRST_WAIT = /\bawait\b|\bnew\s+Promise\b|\bwithResolvers\b|\.\s*then\s*\(/;

/**
 * True where a task has one way only, and that leads through the line: it is handed on or called in one place, behind the first wait. Who
 * is called past the line now and then (`if (isInside) return task()`) does not hold the lock.
 */
export function isAlwaysInLine(task: string, body: string): boolean {
  const word = String.raw`(?<![\w$.#]|\btypeof\s+)${escaped(task)}(?![\w$]|\s*(?:===?|!==?)\s*(?:undefined|null)\b)`;
  const places = [...body.matchAll(new RegExp(word, 'g'))].map(({ index }) => index);
  const [first, ...others] = places;
  if (first === undefined || body.search(FIRST_WAIT) > first) return false;
  if (
    [...body.slice(0, first).matchAll(/(?<![.\w$])return\b(?!\s*Promise\s*\.\s*reject\b)/g)].some(
      ({ index }) => endOfStatement(body, index) < first,
    )
  ) {
    return false;
  }
  // `then(task, task)` is one place.
  const open = body.lastIndexOf('(', first);
  const end = open < 0 ? -1 : behindBracket(body, open);
  return others.every((at) => at < end);
}

function endOfStatement(body: string, at: number): number {
  const behind = endOfExpression(body, at + 'return'.length);
  return behind < 0 ? body.length : behind;
}

const READ =
  /(?:const|let|var)\s+([\w$]+)[^=;]*=\s*this\s*\.\s*#?[\w$]+(?:\s*\.\s*get\s*\([^()]*\)|\s*\[[^\]]*\])?\s*[;\n]/g;

/** A cache: who comes next is given what the first one has stored. */
export function givesWhatItFinds(body: string): boolean {
  return [...body.matchAll(READ)].some(([, name]) =>
    new RegExp(
      String.raw`(?<![.\w$])return\s+(?:await\s+)?${escaped(name as string)}\s*(?:;|\n|\}|\.\s*(?:value|promise|result)\b)`,
    ).test(body),
  );
}

/** Finds one of many. */
const FOUND = /\bthis\s*\.\s*#?[\w$]+\s*(?:\.\s*(?:get|has|set)\s*\(|\[)\s*/g;

/** The parameter by which it finds one of many; null where it finds one by something else. */
export function keyOf({ parameters }: PartText, reach: string): { readonly keyAt?: number } | null {
  const keys = new Set<string>();
  for (const { index, 0: found } of reach.matchAll(FOUND)) {
    const key = /^([\w$]+)\s*[,)\]]/.exec(reach.slice(index + found.length))?.[1];
    if (key === undefined) return null;
    if (!/^\d+$/.test(key)) keys.add(key);
  }
  if (keys.size === 0) return {};
  const [key] = keys;
  if (keys.size > 1 || key === undefined) return null;
  const name = escaped(key);
  const written = new RegExp(
    String.raw`(?:const|let|var)\s+${name}\s*(?::[^=;]*)?=\s*(?:String\s*\(\s*([\w$]+)\s*\)|([\w$]+)\s*[;\n])`,
  ).exec(reach);
  const at = parameters.indexOf(written?.[1] ?? written?.[2] ?? key);
  return at < 0 ? null : { keyAt: at };
}

/** What is seen of a task besides that it is called: it is not the one that the program knows. */
export function isLookedAt(task: string, all: string): boolean {
  const name = String.raw`(?<![\w$#])${escaped(task)}(?![\w$])`;
  return new RegExp(
    String.raw`${name}\s*[!=]==?(?!\s*(?:undefined|null)\b)|[!=]==?\s*(?:[\w$]+\s*\.\s*)?${name}|\bnew\s+${name}|\bindexOf\s*\(\s*${name}|\bisAsyncFunction\b|${name}\s*\.\s*(?!(?:call|apply|bind|name|length|then|catch|finally)\b)[\w$]`,
  ).test(all);
}
