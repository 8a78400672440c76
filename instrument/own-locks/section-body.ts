import { escaped } from '../heap/function-text.ts';
import { behindBracket } from './brackets.ts';
import { withBlankClosures } from './closures.ts';
import { endOfExpression } from './function-texts.ts';
import type { PartText } from './lock-candidate.ts';

/** Where a function that waits for its turn in the middle does what, in characters of its body. */
export interface Section {
  /** What the lock is kept in. */
  readonly field: string;
  /** Before the statement with which it asks. */
  readonly asks: number;
  /** Behind the statement behind which it has the lock. */
  readonly has: number;
  /** Before the statements that let the next one on. */
  readonly gives: readonly number[];
  /** A function that is called in its turn, in place of the rest. */
  readonly task: { readonly at: number; readonly end: number } | null;
  /** Where it writes the field. */
  readonly writes: readonly number[];
  /** How many can have it at once, as it is written there; one if not given. */
  readonly room?: string;
}

/** The body of a function in which somebody may wait for his turn. */
export class SectionBody {
  readonly body: string;
  readonly part: PartText;
  readonly #prefix: string;
  /** Any field, as a group. */
  readonly anyField: string;
  #own: string | null = null;

  /** @param variables that may be such a field; null in a class */
  constructor(part: PartText, variables: readonly string[] | null) {
    this.part = part;
    this.body = part.body;
    this.#prefix = variables === null ? String.raw`\bthis\s*\.\s*` : String.raw`(?<![\w$.#])`;
    const names = variables === null ? String.raw`#?[\w$]+` : variables.map(escaped).join('|');
    this.anyField = `${this.#prefix}(${names})(?![\\w$])`;
  }

  /** The same with blanks for the functions in it. */
  get own(): string {
    this.#own ??= withBlankClosures(this.body);
    return this.#own;
  }

  /** A field as a pattern has it. */
  ref(field: string): string {
    return String.raw`${this.#prefix}${escaped(field)}(?![\w$])`;
  }

  /** Something is awaited by the function itself between two places. */
  awaitsBetween(from: number, to: number): boolean {
    return /\bawait\b/.test(this.own.slice(from, to));
  }

  /** True where a statement begins that stands in a block. */
  beginsStatement(at: number): boolean {
    const before = this.own.slice(0, at);
    const left = before.trimEnd();
    if (/(?:^|[;{}]|\btry|\bfinally)$/.test(left)) return !/(?:=>|[=(,[:])\s*\{$/.test(left);
    if (!/\n\s*$/.test(before.slice(left.length))) return false;
    if (!left.endsWith(')')) return /[\w$\]']$/.test(left) && !/\b(?:else|do|return|await|new|typeof)$/.test(left);
    return !/(?<![.\w$])(?:if|for|while|with)\s*$/.test(left.slice(0, openOf(left)));
  }

  /** Behind the statement whose last expression begins there, with its semicolon; -1 where that is not sure. */
  behindStatement(expression: number): number {
    const end = endOfExpression(this.body, expression);
    if (end < 0) return -1;
    const semicolon = /^[^\S\n]*;/.exec(this.body.slice(end, end + 20));
    return end + (semicolon?.[0].length ?? 0);
  }

  /** True for what stands in a `finally` of this function. */
  isInFinally(at: number): boolean {
    return [...this.own.matchAll(/\bfinally\s*\{/g)].some(({ index, 0: { length } }) => {
      const open = index + length - 1;
      return open < at && at < behindBracket(this.own, open);
    });
  }
}

/** The bracket that the last one of a text closes. */
function openOf(text: string): number {
  let depth = 0;
  for (let at = text.length - 1; at >= 0; at--) {
    if (text[at] === ')') depth++;
    else if (text[at] === '(' && --depth === 0) return at;
  }
  return 0;
}
