import { escaped } from '../heap/function-text.ts';
import { behindBracket } from './brackets.ts';
import { makesFunction } from './closures.ts';
import { executorBrackets } from './executors.ts';
import { endOfExpression, functionAt } from './function-texts.ts';
import { Insertions } from './insertions.ts';
import type { PartText } from './lock-candidate.ts';

/** How the one who comes next is let on: his resolve function is called with a ticket, or the ticket is the resolve function. */
export type TicketForm = 'queue' | 'tail';

const ARROW = /^\s*(?:\(\s*([\w$]+)[^()]*(?:\([^()]*\)[^()]*)*\)|([\w$]+))\s*=>\s*/;
const RETURN = /(?<![.\w$#])return\b[ \t]*/g;
/** What is no ticket, whatever it is. */
const NO_TICKET =
  /^(?:[;}\n'!~+-]|typeof\b|new\b|await\b|Promise\b|this\s*;|true\b|false\b|null\b|undefined\b|void\b|\d|[{[]|\((?=[^()]*(?:\([^()]*\)[^()]*)*\)\s*\{))/;

/**
 * What has to be put into a class whose lock is given back by calling a function, so that this is seen; null where none of it was
 * found.
 * @param parts what is done by who takes it, of all
 * @param self how the lock is named there
 */
export function ticketInsertions(
  parts: readonly PartText[],
  { all, form, self }: { readonly all: readonly PartText[]; readonly form: TicketForm; readonly self: string },
): Insertions | null {
  let insertions = Insertions.NONE;
  let isSeen = false;
  for (const { body, begin } of parts) {
    for (const { at, end, name, isBlock } of executorsIn(body)) {
      isSeen ||= form === 'tail' || isGivenTicket(name, body, all);
      const made = `${name}=${ownCall(form === 'tail' ? 'releasing' : 'granting', `${self},${name}`)}??${name}`;
      if (isBlock) insertions = insertions.and(begin + at, `${made};`);
      else insertions = insertions.and(begin + at, `(${made},`).and(begin + end, ')');
    }
    // Whoever calls the resolve function gives it back: what is returned need not be known.
    if (form === 'tail') continue;
    for (const { at, end } of [...returnsIn(body), ...resolvedIn(body)]) {
      if (!isTicket(body.slice(at, end), body, all)) continue;
      isSeen = true;
      insertions = insertions.and(begin + at, `(${OWN}?.ticket??((_,f)=>f))(${self},`).and(begin + end, ')');
    }
  }
  return isSeen ? insertions : null;
}

/** The resolve function is called with a function. */
function isGivenTicket(resolve: string, body: string, parts: readonly PartText[]): boolean {
  const call = new RegExp(String.raw`(?<![\w$.])${escaped(resolve)}\s*\(`, 'g');
  return [...body.matchAll(call)].some((match) => {
    const open = match.index + match[0].length - 1;
    const behind = behindBracket(body, open);
    return behind > 0 && isTicket(body.slice(open + 1, behind - 1), body, parts);
  });
}

/** Somebody knows it by more than a call: what is given is not the one that he has. */
function isKept(name: string, body: string): boolean {
  const word = String.raw`(?<![\w$.])${escaped(name)}(?![\w$])`;
  return new RegExp(
    String.raw`=\s*${word}\s*[;,)}\n]|\.\s*(?:add|set|has|push)\s*\([^()]*${word}|[!=]==?\s*${word}|${word}\s*[!=]==?`,
  ).test(body);
}

/** A function, its name, or what makes one. */
function isTicket(expression: string, body: string, parts: readonly PartText[]): boolean {
  const written = expression.trim();
  if (functionAt(written, 0) !== null || /\.\s*bind\s*\(/.test(written)) return true;
  const called = /^(?:this\s*\.\s*)?(#?[\w$]+)\s*\(/.exec(written)?.[1];
  if (called !== undefined) return parts.some(({ name, text }) => name === called && makesFunction(text));
  const name = /^[\w$]+$/.exec(written)?.[0];
  if (name === undefined || isKept(name, body)) return false;
  return parts.some((part) => part.name === name) || makesFunction(`${body}\nreturn ${name};`);
}

/** What the runtime half listens at. */
export const OWN = `globalThis[Symbol.for('dept.own')]`;

function ownCall(method: string, args: string): string {
  return `${OWN}?.${method}(${args})`;
}

interface Executor {
  readonly at: number;
  readonly end: number;
  readonly name: string;
  readonly isBlock: boolean;
}

/** Arrow functions that a promise is made with: where their body begins and ends, and what they call the resolve function. */
function executorsIn(body: string): readonly Executor[] {
  return executorBrackets(body).flatMap(({ open, behind }): readonly Executor[] => {
    const end = behind - 1;
    const arrow = ARROW.exec(body.slice(open + 1, end));
    const name = arrow?.[1] ?? arrow?.[2];
    if (arrow === null || name === undefined) return [];
    const at = open + 1 + arrow[0].length;
    if (body[at] === '{') return [{ at: at + 1, end, name, isBlock: true }];
    const last = endOfExpression(body, at);
    return last < 0 ? [] : [{ at, end: last, name, isBlock: false }];
  });
}

const RESOLVED = /\bPromise\s*\.\s*resolve\s*\(\s*(?=[^)\s])/g;

/** What a promise is made with that is fulfilled at once. */
function resolvedIn(body: string): readonly { at: number; end: number }[] {
  return [...body.matchAll(RESOLVED)].flatMap((match) => {
    const behind = behindBracket(body, match.index + match[0].trimEnd().length - 1);
    const at = match.index + match[0].length;
    const end = endOfExpression(body, at);
    return behind < 0 || end < 0 || NO_TICKET.test(body.slice(at, at + 200)) ? [] : [{ at, end }];
  });
}

/** What is returned and may be a function, from its first character to behind its last. */
function returnsIn(body: string): readonly { at: number; end: number }[] {
  return [...body.matchAll(RETURN)].flatMap((match) => {
    const at = match.index + match[0].length;
    if (NO_TICKET.test(body.slice(at, at + 200))) return [];
    const end = endOfExpression(body, at);
    return end < 0 ? [] : [{ at, end }];
  });
}
