import { escaped } from '../heap/function-text.ts';
import { executorBrackets } from './executors.ts';
import { countsAmounts } from './state-changes.ts';

/** Makes somebody wait. */
export const WAITING: RegExp = /\bnew\s+Promise\b|\bwithResolvers\b|\bonce\s*\(\s*this\b/;
/** Lets somebody who waits go on. */
export const SERVED: RegExp =
  /\.\s*(?:shift|pop|dequeue|splice|removeFirst|next|values|keys|entries|forEach)\s*\(|\bemit\s*\(|\.\s*next\b|\[\s*[\w$]+\s*\]\s*=\s*this\b/;
const QUEUED = /\bthis\s*\.\s*(#?[\w$]+)\s*\.\s*(?:push|unshift|add|enqueue|append|addLast|set)\s*\(/g;
const EMITTED = /(?:\.\s*(?:on|once|addListener)|\bonce)\s*\(/;
const LINKED = /\.\s*next\s*=/;
const POLLING = /\bwhile\s*\([^;{]*\bthis\s*\.[^;{]*\)\s*\{?\s*(?:return\s+)?await\b/;

/**
 * Whoever does this may have to stand in a line, or to look again and again.
 * @param all where those who stand there are let go on
 */
export function waitsInLine(text: string, all: string): boolean {
  if (countsAmounts(text)) return false;
  if (POLLING.test(text)) return true;
  if (!WAITING.test(text)) return false;
  if (EMITTED.test(text) && /\bemit\s*\(/.test(all)) return true;
  if (LINKED.test(text) && /\.\s*next\b/.test(all)) return true;
  return [...text.matchAll(QUEUED)].some(
    ({ index, 1: field }) => isMadeToWait(text, index) && isServed(field as string, all),
  );
}

/** It is put there where somebody is made to wait: what is in a list besides is no line. */
function isMadeToWait(text: string, at: number): boolean {
  if (/\bwithResolvers\b/.test(text)) return true;
  return executorBrackets(text).some(({ open, behind }) => (open < at && at < behind) || isGivenLater(text, open, at));
}

/** The resolve function was captured before, and is put there by its name. */
function isGivenLater(text: string, executor: number, at: number): boolean {
  const name = /^[^;]*?=>\s*[({]?\s*([\w$]+)\s*=/.exec(text.slice(executor))?.[1];
  return name !== undefined && at > executor && new RegExp(String.raw`^[^;]*\b${escaped(name)}\b`).test(text.slice(at));
}

/** Somebody is taken out of that very list. */
function isServed(field: string, all: string): boolean {
  const name = String.raw`\bthis\s*\.\s*${escaped(field)}(?![\w$])`;
  return new RegExp(
    String.raw`${name}\s*(?:(?:\?\.|!?\.)\s*(?:shift|pop|splice|dequeue|removeFirst|poll|next|values|keys|entries|forEach|get|delete)\s*\(|\[)|\bof\s+${name}|=\s*${name}`,
  ).test(all);
}
