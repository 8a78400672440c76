import { escaped } from '../heap/function-text.ts';
import type { HeapNode } from '../heap/heap-graph.ts';
import { callsOf, firstCallOf, type ProgramFunctions } from '../heap/program-functions.ts';
import { GIVING_BACK } from './release-paths.ts';

/** Not `waitForUnlock` and the like. */
const GIVES_BACK = new RegExp(`(?<!wait\\w*|until|on|is|when)(?:${GIVING_BACK})\\w*\\s*(?:\\?\\.\\s*)?\\(`, 'i');
/** It is given back at the end of the block. */
const USING = /\busing\b/;
const TAKES = /(?<![a-z])(?:acquire|lock|take|reserve|getConnection)\w*\s*\(|\.\s*connect\s*\(\s*\)/i;
const GIVES_BACK_OF = new RegExp(`(?<![\\w$.])([\\w$]+)\\s*\\.\\s*(?:${GIVING_BACK})\\w*\\s*\\(`, 'gi');
/** A variable that a promise was fulfilled with, or the last of such a list. */
const GIVEN = /(?:const|let|var)\s+(?:\[[^\]=]*?([\w$]+)\s*\]|([\w$]+))\s*=\s*await\b/g;

/**
 * Which functions of a program give something back, as their texts say: they call what is named `release`, `unlock` or `leave`, or a
 * function that does. Whoever takes first gives back what he has taken himself, and that does not count.
 */
export class GivingTexts {
  readonly #functions: ProgramFunctions;
  /** What functions are called that give back what they have not taken, and those that take and do not give back. */
  readonly #giving: ReadonlySet<string>;
  readonly #taking: ReadonlySet<string>;
  /** Those that give back and are not called so. */
  readonly #untold: ReadonlySet<string>;

  constructor(functions: ProgramFunctions) {
    this.#functions = functions;
    // As far as it can be told before it is known who gives back in other words.
    const takers = functions.namesOf((own, known) => firstOf(own, TAKES, known) >= 0 && own.search(GIVES_BACK) < 0);
    this.#giving = functions.namesOf((own, giving) =>
      isFirst(firstOf(own, GIVES_BACK, giving), firstOf(own, TAKES, takers)),
    );
    this.#taking = functions.namesOf(
      (own, taking) => firstOf(own, TAKES, taking) >= 0 && firstOf(own, GIVES_BACK, this.#giving) < 0,
    );
    this.#untold = new Set([...this.#giving].filter((name) => !GIVES_BACK.test(`${name}(`)));
  }

  /**
   * It gives something back itself, sooner or later.
   * @param hasTaken it has taken that itself; else it is to give back more than it takes
   */
  isGiving(fn: HeapNode, hasTaken: boolean): boolean {
    const own = this.#functions.ownTextOf(fn);
    const given = new Set([...own.matchAll(GIVEN)].map(([, last, one]) => (last ?? one) as string));
    if (USING.test(own) || firstCallOf(given, own) >= 0 || givesBackOf(given, own)) return true;
    const gives = countOf(own, GIVES_BACK) + callsOf(this.#untold, own).length;
    return gives > (hasTaken ? 0 : countOf(own, TAKES));
  }

  /** The first that it does is to give back, not to take. */
  givesFirst(text: string): boolean {
    return isFirst(firstOf(text, GIVES_BACK, this.#giving), firstOf(text, TAKES, this.#taking));
  }

  /** The first that it does is to call this one, not to take. */
  callsFirst(name: string, text: string): boolean {
    return isFirst(firstCallOf(new Set([name]), text), firstOf(text, TAKES, this.#taking));
  }

  /** The first that it does is to hand this one on, not to take. */
  handsOnFirst(name: string, text: string): boolean {
    const handed = text.search(new RegExp(`[(,]\\s*${escaped(name)}\\s*[,)]`));
    return isFirst(handed, firstOf(text, TAKES, this.#taking));
  }
}

/** It calls what gives something back. */
export function isGivingBack(text: string): boolean {
  return GIVES_BACK.test(text);
}

/** It gives back with a method of one of these. */
function givesBackOf(names: ReadonlySet<string>, text: string): boolean {
  return [...text.matchAll(GIVES_BACK_OF)].some(([, name]) => names.has(name as string));
}

function countOf(text: string, pattern: RegExp): number {
  return [...text.matchAll(new RegExp(pattern, `${pattern.flags}g`))].length;
}

/** Where it first does so itself, or calls one of these; -1 where it does not. */
function firstOf(text: string, itself: RegExp, called: ReadonlySet<string>): number {
  const [own, byCall] = [text.search(itself), firstCallOf(called, text)];
  return own < 0 || byCall < 0 ? Math.max(own, byCall) : Math.min(own, byCall);
}

function isFirst(one: number, other: number): boolean {
  return one >= 0 && (other < 0 || one < other);
}
