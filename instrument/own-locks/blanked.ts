import { createRequire } from 'node:module';
import type jsTokens from 'js-tokens';

const require = createRequire(import.meta.url);
/** Loaded with the first text that is read. */
let tokensOf: typeof jsTokens | null = null;

const COMMENTS = new Set(['MultiLineComment', 'SingleLineComment', 'HashbangComment']);
const WORDS = new Set([
  'StringLiteral',
  'NoSubstitutionTemplate',
  'TemplateHead',
  'TemplateMiddle',
  'TemplateTail',
  'RegularExpressionLiteral',
]);

/**
 * The text with blanks for comments, and quotes for all that is in strings, templates and regular expressions: each character keeps its place, and
 * every bracket that is left is one of the program. Types of TypeScript are read as well, as far as brackets go. Null for what cannot be
 * read so, such as JSX.
 */
export function blanked(text: string): string | null {
  tokensOf ??= require('js-tokens') as typeof jsTokens;
  let blank = '';
  for (const token of tokensOf(text)) {
    const { type, value } = token;
    // A decorator.
    const isUnread = type === 'Invalid' && value !== '@';
    if (isUnread || ('closed' in token && !token.closed)) return null;
    if (COMMENTS.has(type)) blank += value.replaceAll(/[^\n\r]/g, ' ');
    else blank += WORDS.has(type) ? "'".repeat(value.length) : value;
  }
  return blank;
}
