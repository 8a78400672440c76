import { escaped } from '../heap/function-text.ts';
import { behindBracket } from './brackets.ts';
import {
  endOfExpression,
  type FunctionText,
  functionAt,
  insideName,
  methodBody,
  parametersOf,
} from './function-texts.ts';
import type { LockCandidate, PartText } from './lock-candidate.ts';
import { MAY_WAIT } from './may-wait.ts';
import { membersOf, type NamedFunction } from './object-text.ts';
import { isStatement } from './statement-text.ts';

/** Variables and functions that belong together: those of a function that makes locks, or those of a module. */
export interface ScopeText extends LockCandidate {
  readonly kind: 'made' | 'module';
  /** Behind the brace that opens it, or where the first statement of the module begins. */
  readonly begin: number;
  /** What a function gives whoever calls it, from its first character to behind its last; null in a module, and where it makes an object. */
  readonly given: { readonly at: number; readonly end: number } | null;
  /** Variables that may get another value. */
  readonly changeable: readonly string[];
  /** Where the functions of a module stand that are constants, or those that an object gets, by their names. */
  readonly constants: ReadonlyMap<string, Constant>;
}

interface Constant {
  readonly at: number;
  readonly end: number;
  /** It is a property of the module or of the object that is made, and has no name by that. */
  readonly isExported: boolean;
}

const FUNCTION = /(?<![.\w$#])(?:async\s+)?function\b\s*(\*?)\s*([\w$]+)/y;
const VARIABLE = /(?<![.\w$#])(const|let|var)\s+([\w$]+)/y;
/** One more that is declared with the one before. */
const ANOTHER = /(,)\s*([\w$]+)(?=\s*(?:[=;,:]|$))/y;
/** A function of a CommonJS module that is made where it is exported. */
const EXPORTED = /(?<![.\w$#])(?:module\s*\.\s*)?exports\s*\.\s*([\w$]+)\s*=(?![=>])\s*/y;
/** A function that an object gets when it is made. */
const OWN = /(?<![.\w$#])this\s*\.\s*([\w$]+)\s*=(?![=>])\s*/y;
const MAKER = /(?<![.\w$#])function\b|=>\s*(?=\{)|(?<![.\w$#])constructor\b(?=\s*\()/g;
const RETURN = /(?<![.\w$#])return\b[ \t]*/y;

/** The functions of a program that remember something for the functions that they give. */
export function makersIn(blank: string): readonly ScopeText[] {
  const found: ScopeText[] = [];
  for (const begin of bodiesIn(blank)) {
    const behind = behindBracket(blank, begin - 1);
    if (behind < 0 || !mayMake(blank.slice(begin, behind))) continue;
    const scope = scopeIn(blank, begin, behind - 1, 'made');
    if (scope !== null) found.push(scope);
  }
  return found;
}

/** A module, as far as its own functions share its variables. */
export function moduleIn(blank: string): ScopeText | null {
  const first = /^\s*/.exec(blank)?.[0].length ?? 0;
  return scopeIn(blank, first, blank.length, 'module');
}

/** It remembers something, makes somebody wait, and gives something, or an object functions. */
function mayMake(body: string): boolean {
  return /\b(?:let|const|var)\b/.test(body) && /\breturn\b|\bthis\s*\.\s*[\w$]+\s*=/.test(body) && MAY_WAIT.test(body);
}

/** Behind the braces of functions. */
function bodiesIn(blank: string): readonly number[] {
  const begins = new Set<number>();
  for (const match of blank.matchAll(MAKER)) {
    const open = blank.indexOf('{', match.index);
    // The body, not an object among the parameters.
    if (open < 0 || open - match.index > 500) continue;
    if (!match[0].startsWith('=>')) {
      const at = blank.indexOf('(', match.index);
      const parametersEnd = at < 0 ? -1 : behindBracket(blank, at);
      const body = parametersEnd < 0 ? null : methodBody(blank, parametersEnd, '');
      if (body !== null) begins.add(body.begin);
    } else begins.add(open + 1);
  }
  return [...begins];
}

function scopeIn(blank: string, begin: number, end: number, kind: 'made' | 'module'): ScopeText | null {
  const variables = new Set<string>();
  const changeable: string[] = [];
  const named: NamedFunction[] = [];
  const constants = new Map<string, Constant>();
  let given: ScopeText['given'] = null;
  let members: readonly NamedFunction[] = [];
  const publics = new Set<string>();
  let isDeclaring = false;
  for (let at = begin; at < end; at++) {
    const char = blank[at] as string;
    FUNCTION.lastIndex = at;
    const pattern = isDeclaring && char === ',' ? ANOTHER : VARIABLE;
    pattern.lastIndex = at;
    RETURN.lastIndex = at;
    const written = FUNCTION.exec(blank);
    const declared = written !== null && isStatement(blank, at) ? written : null;
    const variable = declared === null ? pattern.exec(blank) : null;
    const returned = declared === null && variable === null && kind === 'made' ? RETURN.exec(blank) : null;
    const property = kind === 'module' ? EXPORTED : OWN;
    property.lastIndex = at;
    const exported = declared === null && variable === null ? property.exec(blank) : null;
    if (declared !== null) {
      const fn = functionAt(blank, at);
      if (fn === null) return null;
      if (declared[1] === '') named.push({ name: declared[2] ?? '', fn });
      if (kind === 'module') publics.add(declared[2] ?? '');
      at = fn.behind - 1;
    } else if (variable !== null) {
      const [all, keyword, name = ''] = variable;
      const equals = assignmentBehind(blank, at + all.length, end);
      const fn = equals < 0 ? null : functionAt(blank, insideName(blank, equals));
      if (keyword === 'let' || keyword === 'var') changeable.push(name);
      if (fn === null) variables.add(name);
      else {
        named.push({ name, fn });
        if (kind === 'module' && keyword === 'const') {
          constants.set(name, { at: equals, end: behindName(blank, equals, fn), isExported: false });
          publics.add(name);
        }
      }
      at = (fn === null ? at + all.length : behindName(blank, equals, fn)) - 1;
      isDeclaring = true;
    } else if (exported !== null) {
      const from = at + exported[0].length;
      const fn = functionAt(blank, from);
      const name = exported[1] ?? '';
      if (fn !== null) {
        named.push({ name, fn });
        constants.set(name, { at: from, end: fn.behind, isExported: true });
        publics.add(name);
      }
      at = (fn?.behind ?? from) - 1;
    } else if (returned !== null) {
      const from = at + returned[0].length;
      const fn = functionAt(blank, insideName(blank, from));
      const to = fn === null ? endOfExpression(blank, from) : behindName(blank, from, fn);
      if (to < 0) return null;
      given = { at: from, end: to };
      if (fn !== null) members = [{ name: 'call', fn }];
      else {
        const name = /^[\w$]+$/.exec(blank.slice(from, to).trim())?.[0];
        if (name !== undefined && named.some((one) => one.name === name)) publics.add(name);
        else members = membersOf(blank, from, to, publics);
      }
      at = to - 1;
    } else if (char === ';') isDeclaring = false;
    else if (char === '{' || char === '(' || char === '[') {
      const behind = behindBracket(blank, at);
      if (behind < 0) return null;
      at = behind - 1;
    }
  }
  if (
    variables.size === 0 ||
    (kind === 'made' && given === null && constants.size === 0) ||
    (named.length === 0 && members.length === 0)
  )
    return null;
  const head = kind === 'made' ? parametersBefore(blank, begin) : [];
  for (const name of head) if (name !== '') variables.add(name);
  const fields = [...variables, ...named.map(({ name }) => name)].filter((name) => name !== '');
  const own = new RegExp(String.raw`(?<![\w$.#])(${fields.map(escaped).join('|')})(?![\w$])(?!\s*:(?!:)[^?]*$)`, 'gm');
  const withThis = (text: string): string => text.replaceAll(own, 'this.$1');
  const inner = named.filter(({ name }) => !members.some((member) => member.name === name));
  const parts = [...inner, ...members].map(({ name, fn }): PartText => {
    const body = blank.slice(fn.begin, fn.end);
    return {
      name,
      parameters: fn.parameters,
      parameterList: fn.parameterList,
      body,
      begin: fn.begin,
      text: withThis(body),
      isReplaceable: publics.has(name) || members.some((member) => member.name === name),
    };
  });
  const text = parts.map((part) => part.text).join('\n');
  // What makes an object may give another one.
  const gives = kind === 'made' && constants.size > 0 ? null : given;
  return { kind, begin, given: gives, changeable, constants, parts, text };
}

/** Behind a function, and behind the call that gives it its name. */
function behindName(blank: string, at: number, fn: FunctionText): number {
  return insideName(blank, at) === at ? fn.behind : behindBracket(blank, blank.indexOf('(', at));
}

/** Behind the sign that gives a variable its value; -1 where it has none yet. */
function assignmentBehind(blank: string, from: number, end: number): number {
  for (let at = from; at < end; at++) {
    const char = blank[at] as string;
    if (char === '=' && blank[at + 1] !== '>' && blank[at + 1] !== '=') {
      return at + 1 + (/^\s*/.exec(blank.slice(at + 1, at + 200))?.[0].length ?? 0);
    }
    if (char === ';' || char === ',' || /^\n\s*(?:const|let|var|function|return)\b/.test(blank.slice(at, at + 80)))
      return -1;
    if (char === '{' || char === '(' || char === '[') {
      const behind = behindBracket(blank, at);
      if (behind < 0) return -1;
      at = behind - 1;
    }
  }
  return -1;
}

/** The parameters of the function whose body begins there. */
function parametersBefore(blank: string, begin: number): readonly string[] {
  const before = blank.slice(Math.max(0, begin - 600), begin - 1);
  const close = /\)\s*(?::[^(){};]*)?(?:=>\s*)?$/.exec(before);
  if (close === null) return parametersOf(/([\w$]+)\s*=>\s*$/.exec(before)?.[1] ?? '');
  for (let at = close.index, depth = 0; at >= 0; at--) {
    if (before[at] === ')') depth++;
    else if (before[at] === '(' && --depth === 0) return parametersOf(before.slice(at + 1, close.index));
  }
  return [];
}
