import { readFileSync } from 'node:fs';
import { mapPosition } from './source-maps.ts';

/** Text of generated files, null where one cannot be read. */
const texts = new Map<string, string | null>();

/** A name as minifiers make them; anything longer, or with an object before it, was left alone. */
const SHORT = /^[\w$]{1,3}$/;

/**
 * The name a function had before it was minified: the source map has it at the function's declaration, which is the last
 * one of that name before the position. Lines and columns are those of the generated file and count from 1.
 * @returns null where the map does not say
 */
export function originalName(path: string, line: number, column: number, name: string): string | null {
  if (!SHORT.test(name)) return null;
  const before = textBefore(path, line, column);
  if (before === null) return null;
  const at = lastDeclaration(before, name);
  if (at === null) return null;
  const lineStart = before.lastIndexOf('\n', at - 1) + 1;
  const declaredLine = before.slice(0, lineStart).split('\n').length;
  return mapPosition(path, declaredLine, at - lineStart + 1).name;
}

/** Where `function name(` or `name = (...) =>` begins its name, nearest to the end. */
function lastDeclaration(text: string, name: string): number | null {
  const word = name.replaceAll('$', '\\$');
  const declared = `(?<=\\bfunction\\s*\\*?\\s*)${word}(?=\\()`;
  const assigned = `(?<![\\w$.])${word}(?=\\s*=\\s*(?:async\\b|function\\b|\\(|[\\w$]+\\s*=>))`;
  let last: number | null = null;
  for (const match of text.matchAll(new RegExp(`${declared}|${assigned}`, 'g'))) last = match.index;
  return last;
}

function textBefore(path: string, line: number, column: number): string | null {
  let text = texts.get(path);
  if (text === undefined) {
    try {
      text = readFileSync(path, 'utf8');
    } catch {
      text = null;
    }
    texts.set(path, text);
  }
  if (text === null) return null;
  let start = 0;
  for (let number = 1; number < line; number++) {
    start = text.indexOf('\n', start) + 1;
    if (start === 0) return null;
  }
  return text.slice(0, start + column - 1);
}
