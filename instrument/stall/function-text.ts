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
