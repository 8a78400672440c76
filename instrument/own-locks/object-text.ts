import { behindBracket } from './brackets.ts';
import { behindGenerics, endOfExpression, type FunctionText, functionAt, methodBody } from './function-texts.ts';

/** A function and its name. */
export interface NamedFunction {
  readonly name: string;
  readonly fn: FunctionText;
}

/** The functions of an object that is written out; the names of those that stand elsewhere go into `publics`. */
export function membersOf(blank: string, from: number, to: number, publics: Set<string>): readonly NamedFunction[] {
  const open = blank.indexOf('{', from);
  if (open < 0 || open >= to || blank.slice(from, open).trim() !== '') return [];
  const end = behindBracket(blank, open) - 1;
  const found: NamedFunction[] = [];
  for (let at = open + 1; at < end; at++) {
    if (/[\s,]/.test(blank[at] as string)) continue;
    const [head = '', modifier = '', name = ''] =
      /^((?:async|get|set)\s+(?=[\w$]))?\*?\s*([\w$]+)\s*/.exec(blank.slice(at, at + 200)) ?? [];
    if (name === '') {
      at = endOfExpression(blank, at);
      if (at < 0) return found;
      continue;
    }
    let behind = behindGenerics(blank, at + head.length);
    if (behind < 0) return found;
    if (blank[behind] === '(') {
      const parametersEnd = behindBracket(blank, behind);
      const fn =
        parametersEnd < 0 ? null : methodBody(blank, parametersEnd, blank.slice(behind + 1, parametersEnd - 1));
      if (fn === null) return found;
      if (!/get|set/.test(modifier)) found.push({ name, fn });
      behind = fn.behind;
    } else if (blank[behind] === ':') {
      const value = behind + 1 + (/^\s*/.exec(blank.slice(behind + 1, behind + 200))?.[0].length ?? 0);
      const fn = functionAt(blank, value);
      if (fn !== null) found.push({ name, fn });
      behind = fn?.behind ?? endOfExpression(blank, value);
      if (fn === null && blank.slice(value, behind).trim() === name) publics.add(name);
    } else publics.add(name);
    if (behind < 0) return found;
    at = behind;
  }
  return found;
}
