import { escaped } from '../heap/function-text.ts';
import { isBody } from '../heap/whole-function.ts';
import { blanked } from './blanked.ts';
import { type ClassText, classesIn } from './class-text.ts';
import { mappedText } from './inline-map.ts';
import { Insertions } from './insertions.ts';
import { type LiteralText, literalsIn } from './literal-text.ts';
import type { LockCandidate } from './lock-candidate.ts';
import { entriesLockIn, type FoundLock, lockIn } from './lock-text.ts';
import { MAY_WAIT } from './may-wait.ts';
import { functionsOf } from './own-lock.ts';
import { type PrototypeText, prototypesIn } from './prototype-text.ts';
import { readersLockIn } from './readers-text.ts';
import { makersIn, moduleIn, type ScopeText } from './scope-text.ts';
import { sectionLockIn } from './section-text.ts';
import { OWN } from './ticket-text.ts';
import { ARGUMENTS } from './wait-limits.ts';

/** Who tells dept himself what his locks do. */
const TELLS = /(?:from|import|require)\s*\(?\s*['"]dept(?:\/[\w-]+)?['"]/;
/** Names that the marks need, or bring along, and that are something else there. */
const TAKEN =
  /__dept\d|Symbol\.for\('dept\.own'\)|\b(?:const|let|var|class|function)\s+(?:Symbol|globalThis)\b|\bimport\b[^;]*?\b(?:Symbol|globalThis)\b[^;]*?\bfrom\b|[(,]\s*(?:Symbol|globalThis)\s*[,)]\s*(?:=>|\{)/;
/** Longer lines are written by a tool: without its map nobody finds anything in them. */
const MAX_LINE = 1_000;
/** Longer texts are bundles, as a rule. */
const MAX_TEXT = 500_000;

/**
 * The text of a module in which each lock of the program's own tells dept what its functions do; null where there is none. Lines keep
 * their numbers.
 */
export function marked(whole: string): string | null {
  const mapped = mappedText(whole);
  const text = mapped?.text ?? whole;
  if (text.length > MAX_TEXT || !MAY_WAIT.test(text) || TELLS.test(text) || TAKEN.test(text)) return null;
  const blank = blanked(text);
  if (blank === null || blank.length !== text.length) return null;
  const marks = new Marks(text, blank, mapped === null ? MAX_LINE : MAX_TEXT);
  for (const made of classesIn(blank)) marks.class(made);
  for (const made of prototypesIn(blank)) marks.prototype(made);
  for (const made of literalsIn(blank)) marks.literal(made);
  for (const maker of makersIn(blank)) marks.scope(maker);
  const module = moduleIn(blank);
  if (module !== null) marks.scope(module);
  const { insertions } = marks;
  if (insertions.isEmpty) return null;
  return insertions.into(text) + (mapped?.endFor(insertions.pieces) ?? '');
}

class Marks {
  insertions: Insertions = Insertions.NONE;
  readonly #text: string;
  readonly #blank: string;
  readonly #longest: number;
  #scopes = 0;

  constructor(text: string, blank: string, longest: number) {
    this.#text = text;
    this.#blank = blank;
    this.#longest = longest;
  }

  class(of: ClassText): void {
    const found = this.#lockIn(of, 'this');
    if (found === null) return;
    const names = functionsOf(found.lock);
    const isOfObjects = of.parts.some(({ name, isField }) => isField === true && names.includes(name));
    if (isOfObjects) this.#insert(of.begin + of.text.length, `;#__dept=${adopting('this', found, 'adoptOne')};`, found);
    else this.#insert(of.begin, `static{${adopting('this', found)}}`, found);
  }

  prototype(of: PrototypeText): void {
    const found = this.#wholeLockIn(of);
    if (found !== null) this.#insert(of.end, `;${adopting(of.name, found)};`, found);
  }

  literal(of: LiteralText): void {
    const found = this.#wholeLockIn(of);
    if (found === null) return;
    if (of.exported === null) {
      this.#insert(of.begin, `(${OWN}?.literal??((o)=>o))(`, found);
      this.insertions = this.insertions.and(of.end, `,${spec(found)})`);
    } else this.#insert(of.exported, `;${adopting('module.exports', found, 'adoptOne')};`, found);
  }

  scope(of: ScopeText): void {
    if (/\bthis\b/.test(of.parts.map(({ body }) => body).join(''))) return;
    const self = `__dept${this.#scopes}`;
    const found = this.#lockIn(of, self);
    if (found === null) return;
    const { lock } = found;
    const names = functionsOf(lock);
    if (this.#isKnownInside(of, names)) return;
    this.#scopes++;
    const capacity = found.capacity.replace(/^o\./, '');
    const bound = names.filter((name) => of.kind === 'module' && !of.constants.has(name));
    const bindings = bound.map((name) => `${name}:[()=>${name},f=>{${name}=f}]`);
    const made = `;var ${self}=${OWN}?.scope(${JSON.stringify(lock)},()=>${capacity},{${bindings.join(',')}}${limitsOf(found, ARGUMENTS).replaceAll(/\bo\./g, '')});`;
    this.#insert(behindDirectives(this.#blank, of.begin), made, found);
    for (const name of names) {
      const constant = of.constants.get(name);
      if (constant === undefined) continue;
      const part = constant.isExported ? 'exported' : 'part';
      this.#around(constant.at, constant.end, `(${OWN}?.${part}??((_s,_n,f)=>f))(${self},${JSON.stringify(name)},`);
    }
    if (of.given !== null) this.#around(of.given.at, of.given.end, `(${OWN}?.given??((_s,v)=>v))(${self},`);
  }

  /** One whose functions are nothing else than its own. */
  #wholeLockIn(of: PrototypeText | LiteralText): FoundLock | null {
    if (!this.#isShort(of)) return null;
    const found = lockIn(of, 'this') ?? entriesLockIn(of, 'this') ?? readersLockIn(of, 'this');
    return found !== null && this.#keepsParts(of, found) ? found : null;
  }

  #lockIn(of: ClassText | ScopeText, self: string): FoundLock | null {
    if (!this.#isShort(of)) return null;
    const found =
      lockIn(of, self) ??
      entriesLockIn(of, self) ??
      (of.kind === 'class' ? readersLockIn(of, self) : null) ??
      sectionLockIn(of, self, this.#blank);
    return found !== null && this.#keepsParts(of, found) ? found : null;
  }

  #isShort({ begin }: { readonly begin: number }): boolean {
    return lineAt(this.#blank, begin).length <= this.#longest;
  }

  /** What was the body of a function is one with the insertions too. */
  #keepsParts({ parts }: LockCandidate, { insertions }: FoundLock): boolean {
    return parts.every(({ begin, body }) => {
      const more = insertions.within(begin, begin + body.length);
      if (more.isEmpty) return true;
      const text = this.#text.slice(begin, begin + body.length);
      return !isBody(text) || isBody(more.into(text));
    });
  }

  /** Functions that know each other by more than a call, as by a property or in a comparison: what is given is not the one that they know. */
  #isKnownInside({ begin, given }: ScopeText, names: readonly string[]): boolean {
    if (given === null) return false;
    const inside = this.#blank.slice(begin, given.at);
    const what = /^[\w$]+$/.exec(this.#blank.slice(given.at, given.end).trim())?.[0];
    return [...names, ...(what === undefined ? [] : [what])].some((name) =>
      new RegExp(
        String.raw`(?<![\w$.]|\bfunction\s+|\b(?:const|let|var)\s+)${escaped(name)}(?![\w$]|\s*(?:\?\.\s*)?\(|\s*:)`,
      ).test(inside),
    );
  }

  #insert(at: number, piece: string, { insertions }: FoundLock): void {
    this.insertions = this.insertions.and(at, piece).with(insertions);
  }

  #around(at: number, end: number, before: string): void {
    // A function ends a statement where a call would go on with the next line.
    const isEnded = /^\s*(?:[,;)\]}]|$)/.test(this.#blank.slice(end));
    this.insertions = this.insertions.and(at, before).and(end, isEnded ? ')' : ');');
  }
}

function adopting(made: string, found: FoundLock, adopt: 'adopt' | 'adoptOne' = 'adopt'): string {
  return `${OWN}?.${adopt}(${made},${spec(found)})`;
}

/** What it is as a lock, for who adopts an object. */
function spec(found: FoundLock): string {
  const { lock, capacity } = found;
  return `${JSON.stringify(lock)},o=>${capacity}${limitsOf(found, `(${ARGUMENTS},o)`)}`;
}

/** What makes an argument of the expressions that end a wait. */
function limitsOf({ limits }: FoundLock, parameters: string): string {
  return limits.length === 0 ? '' : `,${parameters}=>[${limits.join(',')}]`;
}

const DIRECTIVE = /\s*('+)/y;
/** What a string that is followed by it is a part of. */
const GOES_ON = /\s*(?:[.,([?:&|+*\-/%<>=^]|!=|instanceof\b|in\b)/y;

/** Behind what a function or a module says of itself first, as that it is strict; before the comments behind that. */
function behindDirectives(blank: string, begin: number): number {
  let at = begin;
  for (;;) {
    DIRECTIVE.lastIndex = at;
    const found = DIRECTIVE.exec(blank);
    if (found === null) return at;
    const behind = DIRECTIVE.lastIndex;
    GOES_ON.lastIndex = behind;
    if (GOES_ON.test(blank)) return at;
    at = behind + (/^[^\S\n]*;/.exec(blank.slice(behind, behind + 50))?.[0].length ?? 0);
  }
}

function lineAt(text: string, at: number): string {
  const end = text.indexOf('\n', at);
  return text.slice(text.lastIndexOf('\n', at) + 1, end < 0 ? text.length : end);
}
