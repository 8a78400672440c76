import { escaped } from '../heap/function-text.ts';
import { atCommas, behindBracket } from './brackets.ts';
import { executorBrackets } from './executors.ts';
import { functionAt } from './function-texts.ts';
import type { PartText } from './lock-candidate.ts';

/** How those who stand in a line give up. */
export interface WaitLimits {
  /** After how many milliseconds, or by which signal: expressions of the arguments and of the object `o`. */
  readonly expressions: readonly string[];
  /** A text without what has to do with it. */
  without(text: string): string;
}

/** The arguments of whoever waits, in an expression. */
export const ARGUMENTS = '__dept';

const LISTENS = /\b(setTimeout|addEventListener)\s*\(/g;
const TIMES = /\bclearTimeout\b|\btimeout\w*|\btimers?\b|\bdeadline\b/g;
const SIGNALS = /\babort\w*|\bAbortSignal\b/g;
/** Ends what somebody does, not a wait. */
const ABORTS = /\bAbortController\b|\.\s*abort\s*\(|\bonabort\b/;
const NUMBER = /^\d[\d_]*(?:\s*\*\s*\d[\d_]*)*$/;
const CONSTANT = /^(?:[A-Z][\w$]*\s*\.\s*)?[A-Z][A-Z0-9_]*$/;

/**
 * What ends a wait in the text of who takes a lock: a timer or a signal that rejects. Null where one does anything else, as giving back
 * what somebody has.
 * @param taker whose parameters they are
 * @param reach what he does
 * @param givesBack whether a text gives the lock back
 */
export function waitLimits(taker: PartText, reach: string, givesBack: (text: string) => boolean): WaitLimits | null {
  if (ABORTS.test(reach)) return null;
  const pieces: string[] = [];
  const expressions: string[] = [];
  let isTimed = false;
  for (const match of reach.matchAll(LISTENS)) {
    const behind = behindBracket(reach, match.index + match[0].length - 1);
    if (behind < 0) return null;
    const piece = reach.slice(match.index, behind);
    const [first = '', second = ''] = atCommas(piece.slice(match[0].length, -1)).map((one) => one.trim());
    const isTimer = match[1] === 'setTimeout';
    const called = functionOf(isTimer ? first : second, reach);
    if (called === null || !endsWait(called, reach, match.index) || givesBack(called)) return null;
    const source = isTimer ? second : /([\w$#.?\s]+?)\s*(?:\?\.|!?\.)\s*$/.exec(reach.slice(0, match.index))?.[1];
    const expression = expressionOf(source ?? '', taker, reach);
    if (expression === null) return null;
    pieces.push(piece);
    expressions.push(expression);
    isTimed ||= isTimer;
  }
  return {
    expressions: [...new Set(expressions)],
    without: (text) => {
      const left = pieces.reduce((rest, piece) => rest.replaceAll(piece, ''), text).replaceAll(SIGNALS, '');
      return isTimed ? left.replaceAll(TIMES, '') : left;
    },
  };
}

/** The text of a function, or of the one that a name stands for. */
function functionOf(written: string, text: string): string | null {
  if (functionAt(written, 0) !== null) return written;
  const name = /^(?:[\w$]+\s*(?:\?\.|\.)\s*)?([\w$]+)$/.exec(written)?.[1];
  if (name === undefined) return null;
  const made = new RegExp(
    String.raw`(?<![\w$])${escaped(name)}\s*(?::[^=;]*(?:=>[^=;]*)?)?=\s*(?=[^=>])|\bfunction\s+(?=${escaped(name)}\b)`,
  );
  const found = made.exec(text);
  const at = found === null ? -1 : found.index + (found[0].startsWith('function') ? 0 : found[0].length);
  const fn = at < 0 ? null : functionAt(text, at);
  return fn === null ? null : text.slice(at, fn.behind);
}

/** It stands where somebody is made to wait, and rejects his promise, or gives him nothing. */
function endsWait(called: string, text: string, at: number): boolean {
  const around = executorBrackets(text).find(({ open, behind }) => open < at && at < behind);
  const rejecting =
    around === undefined
      ? undefined
      : /^\(\s*\(\s*[\w$]+[^,()]*(?:\([^()]*\)[^,()]*)*,\s*([\w$]+)/.exec(text.slice(around.open))?.[1];
  if (around === undefined && !/\bwithResolvers\b/.test(text)) return false;
  const name = rejecting === undefined ? 'reject' : `(?:reject|${escaped(rejecting)})`;
  return new RegExp(String.raw`(?<![\w$])${name}\s*(?:\?\.\s*)?\(|\(\s*(?:false|null)\s*\)`).test(called);
}

/** As it may be asked for when the lock is, from outside of the function; null for what cannot. */
function expressionOf(written: string, taker: PartText, text: string, depth = 0): string | null {
  const source = written.trim().replace(/!$/, '');
  const either = source.split(/\?\?|\|\|/);
  if (either.length > 1) {
    const parts = either.map((part) => expressionOf(part, taker, text, depth));
    return parts.includes(null) ? null : `(${parts.join('??')})`;
  }
  if (NUMBER.test(source)) return source;
  const [name = '', ...fields] = source.split(/\s*(?:\?\.|!?\.)\s*/);
  if (fields.length > 2 || !fields.every((field) => /^#?[\w$]+$/.test(field))) return null;
  if (name === 'this') return fields.length === 0 ? null : `o.${fields.join('?.')}`;
  const at = taker.parameters.indexOf(name);
  if (at >= 0 && name !== '') {
    const value = `${ARGUMENTS}[${at}]${fields.map((field) => `?.${field}`).join('')}`;
    const initial = initialOf(taker, at);
    const otherwise = initial === '' || fields.length > 0 ? null : expressionOf(initial, taker, text, depth + 1);
    return otherwise === null ? value : `(${value}??${otherwise})`;
  }
  const local = new RegExp(String.raw`(?:const|let|var)\s+${escaped(name)}(?![\w$])[^=;]*=\s*([^;\n]+)`).exec(
    text,
  )?.[1];
  if (local !== undefined) return depth > 2 || fields.length > 0 ? null : expressionOf(local, taker, text, depth + 1);
  return CONSTANT.test(source) ? source : null;
}

/** What a parameter is when nothing is given; empty where that is not said. */
function initialOf({ parameterList }: PartText, at: number): string {
  return /[^=<>!]=\s*([^=>\s].*)$/s.exec(atCommas(parameterList)[at] ?? '')?.[1]?.trim() ?? '';
}
