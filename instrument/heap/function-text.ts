const OPENING = '([{';
const CLOSING = ')]}';

/**
 * The text of a function that begins at this place of its script: from its parameters to the end of its body. Of a regular
 * expression every bracket and quote counts.
 */
export function functionText(source: string, begin: number): string {
  let depth = 0;
  for (let at = begin; at < source.length; at++) {
    const char = source[at] as string;
    if (char === '"' || char === "'" || char === '`') at = endOfString(source, at);
    else if (source.startsWith('//', at)) at = endOr(source.indexOf('\n', at), source);
    else if (source.startsWith('/*', at)) at = endOr(source.indexOf('*/', at + 2), source);
    else if (OPENING.includes(char)) depth++;
    else if (CLOSING.includes(char)) {
      depth--;
      if (depth < 0) return source.slice(begin, at);
      if (depth === 0 && char === '}') return source.slice(begin, at + 1);
    } else if (depth === 0 && (char === ',' || char === ';')) return source.slice(begin, at);
  }
  return source.slice(begin);
}

/** In a template what stands between braces is passed over as well: it is in the text all the same. */
function endOfString(source: string, begin: number): number {
  const quote = source[begin];
  for (let at = begin + 1; at < source.length; at++) {
    if (source[at] === '\\') at++;
    else if (source[at] === quote) return at;
  }
  return source.length;
}

function endOr(at: number, source: string): number {
  return at < 0 ? source.length : at;
}

/** The names in it, also those that stand in strings and comments. */
export function namesIn(text: string | null): ReadonlySet<string> {
  return new Set(text?.match(/[\w$]+/g) ?? []);
}

/** The name as a part of a pattern. */
export function escaped(name: string): string {
  return name.replaceAll('$', '\\$');
}

/** What stands before the brackets of a statement, not of a method. */
const STATEMENT = /(?:^|[^.\w$#])(?:if|for|await|while|switch|catch|with)\s*$/;
/** A name before the parameters of a method. */
const NAME_AT_END = /[\w$\]'"]\s*$/;

/** What a function does itself: its text without its parameters, without the functions in it, and without strings and comments. */
export function ownText(text: string): string {
  return withoutFunctions(text.slice(endOfParameters(text)));
}

/** A text without the functions in it, and without strings and comments. */
export function withoutFunctions(text: string): string {
  let own = '';
  for (let at = 0; at < text.length; at++) {
    const char = text[at] as string;
    if (char === '"' || char === "'" || char === '`') at = endOfString(text, at);
    else if (text.startsWith('//', at)) at = endOr(text.indexOf('\n', at), text);
    else if (text.startsWith('/*', at)) at = endOr(text.indexOf('*/', at + 2), text) + 1;
    else if (text.startsWith('=>', at)) at = endOfFunction(text, at + 2) - 1;
    else if (/^function\b/.test(text.slice(at, at + 9)) && !/[.\w$]$/.test(own)) at = endOfFunction(text, at + 8) - 1;
    else if (char === '(' && isMethod(text, at, own)) at = endOfFunction(text, at) - 1;
    else own += char;
  }
  return own;
}

function endOfParameters(text: string): number {
  const alone = /^(?:async\s+)?[\w$]+\s*=>/.exec(text)?.[0].length;
  if (alone !== undefined) return alone;
  if (text[0] !== '(') return 0;
  const end = endOfBrackets(text, 0);
  return end + (/^\s*=>/.exec(text.slice(end))?.[0].length ?? 0);
}

/** Where a function ends whose parameters, or whose body, begin there. */
function endOfFunction(text: string, begin: number): number {
  const body = begin + (/^[\s*]*(?:[\w$]+\s*(?=\())?/.exec(text.slice(begin, begin + 200))?.[0].length ?? 0);
  return body + functionText(text, body).length;
}

/** Brackets behind a name, and a block behind the brackets. @param before what stands before them */
function isMethod(text: string, begin: number, before: string): boolean {
  if (!NAME_AT_END.test(before) || STATEMENT.test(before)) return false;
  return /^\s*\{/.test(text.slice(endOfBrackets(text, begin)));
}

/** Behind the bracket that closes the one there. */
function endOfBrackets(text: string, begin: number): number {
  for (let at = begin, depth = 0; at < text.length; at++) {
    const char = text[at] as string;
    if (char === '"' || char === "'" || char === '`') at = endOfString(text, at);
    else if (OPENING.includes(char)) depth++;
    else if (CLOSING.includes(char) && --depth === 0) return at + 1;
  }
  return text.length;
}
