import { countsAmounts } from './state-changes.ts';

/** Makes somebody wait. */
export const WAITING: RegExp = /\bnew\s+Promise\b|\bwithResolvers\b|\bonce\s*\(\s*this\b/;
const QUEUED = /\.\s*(?:on|once|addListener|push|unshift|add|enqueue|append|addLast|set)\s*\(|\.\s*next\s*=/;
/** Lets somebody who waits go on. */
export const SERVED: RegExp =
  /\.\s*(?:shift|pop|dequeue|splice|removeFirst|next|values|entries)\s*\(|\bemit\s*\(|\.\s*next\b|\[\s*[\w$]+\s*\]\s*=\s*this\b/;
const POLLING = /\bwhile\s*\([^;{]*\bthis\s*\.[^;{]*\)\s*\{?\s*(?:return\s+)?await\b/;

/**
 * Whoever does this may have to stand in a line, or to look again and again.
 * @param all where those who stand there are let go on
 */
export function waitsInLine(text: string, all: string): boolean {
  if (countsAmounts(text)) return false;
  return POLLING.test(text) || (WAITING.test(text) && QUEUED.test(text) && SERVED.test(all));
}
