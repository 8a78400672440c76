import { atCommas, behindBracket, behindTypes } from './brackets.ts';

/** Where the parts of a function are, in characters of a text without strings. */
export interface FunctionText {
  readonly parameters: readonly string[];
  /** All of them as they are written. */
  readonly parameterList: string;
  /** Its body, behind the brace where it has one. */
  readonly begin: number;
  readonly end: number;
  /** Behind all of it. */
  readonly behind: number;
}

const ARROW_OF_ONE = /(?:async\b\s*)?([\w$]+)\s*=>\s*/y;
const BEFORE_PARAMETERS = /(?:async\b\s*)?(?:function\b\s*\*?\s*[\w$]*\s*)?/y;

/** The function that begins here: an arrow function, or one with its keyword. Null for anything else. */
export function functionAt(blank: string, at: number): FunctionText | null {
  ARROW_OF_ONE.lastIndex = at;
  const alone = ARROW_OF_ONE.exec(blank);
  if (alone !== null) return withBody(blank, at + alone[0].length, alone[1] ?? '');
  BEFORE_PARAMETERS.lastIndex = at;
  const head = BEFORE_PARAMETERS.exec(blank)?.[0] ?? '';
  const open = behindGenerics(blank, at + head.length);
  if (open < 0 || blank[open] !== '(') return null;
  const isArrow = !head.includes('function');
  const parametersEnd = behindBracket(blank, open);
  if (parametersEnd < 0) return null;
  const parameters = blank.slice(open + 1, parametersEnd - 1);
  if (!isArrow) return methodBody(blank, parametersEnd, parameters);
  const arrow = arrowBehind(blank, parametersEnd);
  return arrow < 0 ? null : withBody(blank, arrow, parameters);
}

/** What stands behind the parameters of a method: its type, and its body. Null where it has none. */
export function methodBody(blank: string, parametersEnd: number, parameters: string): FunctionText | null {
  const open = bodyOf(blank, parametersEnd);
  const behind = open < 0 ? -1 : behindBracket(blank, open);
  return behind < 0 ? null : { ...named(parameters), begin: open + 1, end: behind - 1, behind };
}

/** The names of parameters, empty for what is taken apart. */
export function parametersOf(text: string): readonly string[] {
  return atCommas(text).map(
    (parameter) =>
      /^\s*(?:(?:public|private|protected|readonly)\s+)*(?:\.\.\.\s*)?([\w$]+)?/.exec(parameter)?.[1] ?? '',
  );
}

function named(parameterList: string): Pick<FunctionText, 'parameters' | 'parameterList'> {
  return { parameters: parametersOf(parameterList), parameterList };
}

/** Behind the types between `<` and `>` and the blanks around them; -1 where they do not end. */
export function behindGenerics(blank: string, at: number): number {
  let behind = behindBlanks(blank, at);
  if (blank[behind] !== '<') return behind;
  behind = behindTypes(blank, behind);
  return behind < 0 ? -1 : behindBlanks(blank, behind);
}

const GOES_ON = /^\s*(?:[.?:&|=%^,]|!=|instanceof\b|in\b|as\b|satisfies\b)/;
const UNSURE = /^\s*[([`'/+\-<*]/;

/** Behind the last character of the expression that begins there; -1 where that is not sure. */
export function endOfExpression(blank: string, begin: number): number {
  let end = blank.length;
  let outer = '';
  for (let at = begin; at < blank.length; at++) {
    const char = blank[at] as string;
    if (char === ';' || char === '}' || char === ')' || char === ']' || char === ',') {
      end = at;
      break;
    }
    if (char === '{' || char === '(' || char === '[') {
      const behind = behindBracket(blank, at);
      if (behind < 0) return -1;
      at = behind - 1;
      outer += ' ';
      continue;
    }
    outer += char;
    if (char === '\n' && /[\w$)}\]']\s*$/.test(blank.slice(begin, at)) && !GOES_ON.test(blank.slice(at, at + 200))) {
      // It may go on there, or not.
      if (UNSURE.test(blank.slice(at, at + 200))) return -1;
      end = at;
      break;
    }
  }
  // A comma may stand among types.
  return /\b(?:as|satisfies)\b/.test(outer) ? -1 : begin + blank.slice(begin, end).trimEnd().length;
}

/** Where compilers that keep names have put a function into a call. */
export function insideName(blank: string, at: number): number {
  return at + (/^__name\s*\(\s*/.exec(blank.slice(at, at + 40))?.[0].length ?? 0);
}

function withBody(blank: string, at: number, parameters: string): FunctionText | null {
  if (blank[at] !== '{') {
    const end = endOfExpression(blank, at);
    return end < 0 ? null : { ...named(parameters), begin: at, end, behind: end };
  }
  const behind = behindBracket(blank, at);
  return behind < 0 ? null : { ...named(parameters), begin: at + 1, end: behind - 1, behind };
}

/** Behind the arrow that follows the parameters, and their type where there is one; -1 where none does. */
function arrowBehind(blank: string, from: number): number {
  for (let at = behindBlanks(blank, from); at < blank.length; at++) {
    const char = blank[at] as string;
    if (blank.startsWith('=>', at)) return behindBlanks(blank, at + 2);
    if (at === behindBlanks(blank, from) && char !== ':') return -1;
    if (char === ';' || char === ')' || char === '}' || char === '=') return -1;
    if (char === '{' || char === '(' || char === '[') at = behindBracket(blank, at) - 1;
    else if (char === '<') at = behindTypes(blank, at) - 1;
    if (at < from) return -1;
  }
  return -1;
}

/** The brace that opens the body of a method, behind its type; -1 where it has none. */
function bodyOf(blank: string, from: number): number {
  let before = ')';
  for (let at = from; at < blank.length; at++) {
    const char = blank[at] as string;
    if (/\s/.test(char)) continue;
    if (char === ';' || char === '}') return -1;
    if (char === '{' && !/[:|&<(,]/.test(before) && before !== '=>') return at;
    let behind = at + 1;
    if (char === '{' || char === '(' || char === '[') behind = behindBracket(blank, at);
    else if (char === '<') behind = behindTypes(blank, at);
    if (behind < 0) return -1;
    before = char === '>' && blank[at - 1] === '=' ? '=>' : (blank[behind - 1] as string);
    at = behind - 1;
  }
  return -1;
}

function behindBlanks(blank: string, at: number): number {
  let behind = at;
  while (/\s/.test(blank[behind] ?? 'x')) behind++;
  return behind;
}
