import { type FunctionText, functionAt } from './function-texts.ts';
import type { LockCandidate, PartText } from './lock-candidate.ts';
import { membersOf, type NamedFunction } from './object-text.ts';
import { endOfStatement, standsAlone } from './statement-text.ts';

/** A function that makes objects, and what it has on its prototype: how classes were written before there were any. */
export interface PrototypeText extends LockCandidate {
  readonly kind: 'class';
  readonly name: string;
  /** Where the first of its methods begins. */
  readonly begin: number;
  /** Behind the statement that gives it the last one. */
  readonly end: number;
}

/** `Lock.prototype.acquire = function () {`, or all of them at once. */
const GIVEN = /(?<![.\w$])([A-Za-z_$][\w$]*)\s*\.\s*prototype\s*(?:\.\s*([\w$]+)\s*)?=(?![=>])\s*/g;
const ALIAS = /\b(?:var|let|const)\s+([\w$]+)\s*=\s*this\s*[;,\n]/g;
const NAMELESS = /(?<![.\w$#])function\s*\(([^()]*)\)\s*(?=\{)/g;

interface Methods {
  readonly all: NamedFunction[];
  begin: number;
  end: number;
}

/** Those of a program whose methods stand in statements of their own. */
export function prototypesIn(blank: string): readonly PrototypeText[] {
  if (!/\.\s*prototype\b/.test(blank)) return [];
  const found = new Map<string, Methods>();
  for (const match of blank.matchAll(GIVEN)) {
    const [all, name = '', method] = match;
    const at = match.index + all.length;
    const given = method === undefined ? objectAt(blank, at) : methodAt(blank, at, method);
    const end = given === null || !standsAlone(blank, match.index) ? -1 : endOfStatement(blank, given.behind);
    if (given === null || end < 0) continue;
    const methods = found.get(name) ?? { all: [], begin: at, end };
    methods.all.push(...given.methods);
    methods.end = end;
    found.set(name, methods);
  }
  return [...found].flatMap(([name, methods]) => {
    const maker = makerOf(blank, name);
    return maker === null ? [] : [prototypeOf(blank, name, maker, methods)];
  });
}

type Given = { readonly methods: readonly NamedFunction[]; readonly behind: number };

function methodAt(blank: string, at: number, name: string): Given | null {
  const fn = /^(?:async\b\s*)?function\b(?!\s*\*)/.test(blank.slice(at, at + 40)) ? functionAt(blank, at) : null;
  return fn === null ? null : { methods: [{ name, fn }], behind: fn.behind };
}

function objectAt(blank: string, at: number): Given | null {
  if (blank[at] !== '{') return null;
  const methods = membersOf(blank, at, blank.length, new Set());
  const last = methods.at(-1);
  const behind = last === undefined ? -1 : blank.indexOf('}', last.fn.behind);
  return behind < 0 || blank.slice(last?.fn.behind, behind).trim().replace(',', '') !== ''
    ? null
    : { methods, behind: behind + 1 };
}

/** A class is read as one. */
function makerOf(blank: string, name: string): FunctionText | null {
  const made = new RegExp(String.raw`(?<![.\w$#])function\s+${name.replaceAll('$', String.raw`\$`)}\s*\(`).exec(blank);
  return made === null ? null : functionAt(blank, made.index);
}

function prototypeOf(blank: string, name: string, maker: FunctionText, { all, begin, end }: Methods): PrototypeText {
  const parts = [{ name: 'constructor', fn: maker }, ...all].map((method) => partOf(blank, method));
  return { kind: 'class', name, begin, end, parts, text: parts.map(({ text }) => text).join('\n') };
}

function partOf(blank: string, { name, fn }: NamedFunction): PartText {
  const body = blank.slice(fn.begin, fn.end);
  return {
    name,
    parameters: fn.parameters,
    parameterList: fn.parameterList,
    body,
    begin: fn.begin,
    text: asToday(body),
    isReplaceable: name !== 'constructor',
  };
}

/** As it would be written in a class: `this` for the variable that stands for it in inner functions, and these as arrow functions. */
function asToday(body: string): string {
  const names = [...body.matchAll(ALIAS)].map(([, name]) => (name as string).replaceAll('$', String.raw`\$`));
  const own = body.replaceAll(NAMELESS, '($1) => ');
  if (names.length === 0) return own;
  return own.replaceAll(new RegExp(String.raw`(?<![\w$.#])(?:${names.join('|')})\s*(?=\.)`, 'g'), 'this');
}
