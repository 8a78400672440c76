import { behindBracket, behindTypes } from './brackets.ts';
import { behindGenerics, type FunctionText, functionAt, methodBody } from './function-texts.ts';
import type { LockCandidate, PartText } from './lock-candidate.ts';

/** A class of a program, in a text without strings. */
export interface ClassText extends LockCandidate {
  readonly kind: 'class';
  /** Behind the brace that opens it. */
  readonly begin: number;
}

const CLASS = /(?<![.\w$#])class\b(?!\s*[:=(,;.)?])\s*(?!extends\b|implements\b)([\w$]*)/g;
const MODIFIERS = String.raw`(?:(?:public|private|protected|static|readonly|override|abstract|async|get|set|declare|accessor)\s+)*`;
const MEMBER = new RegExp(String.raw`(${MODIFIERS})(\*?\s*)(#?[\w$]+|\[)`, 'y');
const BETWEEN = /(?:[\s;,}]|@[\w$.]+(?:\([^()]*(?:\([^()]*\)[^()]*)*\))?)*/y;
/** A line ends a field here, unless it goes on with one of these. */
const GOES_ON = /[=,?:|&+\-*/%<>.([{!~^]\s*$|(?:\b(?:await|new|typeof|in|of|instanceof|as|return)|=>)\s*$/;
const GOES_ON_WITH = /^\s*(?:[.?:|&+*/%=,<>)\]]|as\b|in\b|instanceof\b|satisfies\b)/;

/** The classes of a program, inner ones too. What cannot be read is left out. */
export function classesIn(blank: string): readonly ClassText[] {
  const found: ClassText[] = [];
  for (const match of blank.matchAll(CLASS)) {
    const open = braceOf(blank, match.index + match[0].length);
    const end = open < 0 ? -1 : behindBracket(blank, open);
    if (end < 0) continue;
    const text = blank.slice(open + 1, end - 1);
    found.push({ kind: 'class', begin: open + 1, text, parts: methodsOf(text, open + 1) });
  }
  return found;
}

/** The brace that opens the body of a class, behind what it extends and implements. */
function braceOf(blank: string, from: number): number {
  for (let at = from; at < blank.length; at++) {
    const char = blank[at] as string;
    if (char === '{') return at;
    if (char === '(' || char === '[') at = behindBracket(blank, at) - 1;
    else if (char === '<') at = behindTypes(blank, at) - 1;
    else if (char === ';' || char === '}' || char === ')') return -1;
    if (at < from) return -1;
  }
  return -1;
}

function methodsOf(body: string, offset: number): readonly PartText[] {
  const methods: PartText[] = [];
  let at = 0;
  while (at >= 0 && at < body.length) {
    BETWEEN.lastIndex = at;
    at += BETWEEN.exec(body)?.[0].length ?? 0;
    MEMBER.lastIndex = at;
    const member = MEMBER.exec(body);
    if (member === null) {
      at = behindBlock(body, at);
      continue;
    }
    const [, modifiers = '', star = '', name = ''] = member;
    let behind = MEMBER.lastIndex;
    if (name === '[') behind = behindBracket(body, behind - 1);
    behind =
      behind < 0
        ? -1
        : behindGenerics(body, behind + (/^\s*[?!]/.exec(body.slice(behind, behind + 20))?.[0].length ?? 0));
    if (behind < 0) break;
    if (body[behind] === '{' && name === 'static') {
      at = behindBracket(body, behind);
      continue;
    }
    const parametersEnd = body[behind] === '(' ? behindBracket(body, behind) : -1;
    const method =
      parametersEnd < 0 ? null : methodBody(body, parametersEnd, body.slice(behind + 1, parametersEnd - 1));
    if (method === null) {
      const field = parametersEnd < 0 ? functionIn(body, behind) : null;
      if (field !== null && name !== '[')
        methods.push(partOf(body, offset, { name, fn: field, isCalled: !/\bstatic\b/.test(modifiers) }, true));
      at = field?.behind ?? behindField(body, parametersEnd < 0 ? behind : parametersEnd);
      continue;
    }
    const isCalled = !/\b(?:static|get|set)\b/.test(modifiers) && star.trim() === '' && name !== 'constructor';
    methods.push(partOf(body, offset, { name: name === '[' ? '' : name, fn: method, isCalled }, false));
    at = method.behind;
  }
  return methods;
}

interface Member {
  readonly name: string;
  readonly fn: FunctionText;
  readonly isCalled: boolean;
}

function partOf(body: string, offset: number, { name, fn, isCalled }: Member, isField: boolean): PartText {
  const { begin, end, parameters, parameterList } = fn;
  const text = body.slice(begin, end);
  const isReplaceable = isCalled && name !== '' && !name.startsWith('#');
  return { name, parameters, parameterList, body: text, begin: offset + begin, text, isReplaceable, isField };
}

/** What a field is when its object is made, where that is a function: `acquire = async () => {`. */
function functionIn(body: string, at: number): FunctionText | null {
  const [typed] = /^\s*(?::[^=;{}()]*)?=(?![=>])\s*/.exec(body.slice(at, at + 200)) ?? [];
  const fn = typed === undefined ? null : functionAt(body, at + typed.length);
  return fn !== null && /^[^\S\n]*(?:;|\n|$)/.test(body.slice(fn.behind, fn.behind + 100)) ? fn : null;
}

/** Behind a field: at a semicolon, or at the end of a line after which another member begins. */
function behindField(body: string, from: number): number {
  for (let at = from; at < body.length; at++) {
    const char = body[at] as string;
    if (char === ';') return at + 1;
    if (char === '{' || char === '(' || char === '[') {
      const behind = behindBracket(body, at);
      if (behind < 0) return body.length;
      at = behind - 1;
    } else if (char === '\n' && !GOES_ON.test(body.slice(from, at)) && !GOES_ON_WITH.test(body.slice(at))) return at;
  }
  return body.length;
}

function behindBlock(body: string, at: number): number {
  const open = body.indexOf('{', at);
  return open < 0 ? -1 : behindBracket(body, open);
}
