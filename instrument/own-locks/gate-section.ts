import { escaped } from '../heap/function-text.ts';
import { executorBrackets } from './executors.ts';
import type { Section, SectionBody } from './section-body.ts';

const EXECUTOR = /^\(\s*(?:\(\s*([\w$]+)[^()]*\)|([\w$]+))\s*=>\s*[{(]?\s*([\w$]+)\s*=\s*([\w$]+)\s*;?\s*[})]?\s*\)$/;
const RESOLVERS =
  /\bconst\s*\{\s*promise(?:\s*:\s*([\w$]+))?\s*,\s*resolve(?:\s*:\s*([\w$]+))?\s*\}\s*=\s*Promise\s*\.\s*withResolvers\b/g;

/** A promise that is fulfilled by a call of what was captured when it was made, and by nothing else. */
interface Gate {
  readonly at: number;
  /** The variable that has it, empty where it goes to its place at once. */
  readonly name: string;
  readonly resolve: string;
}

function gatesIn(text: string): readonly Gate[] {
  const made = executorBrackets(text).flatMap(({ open, behind }): readonly Gate[] => {
    const [, one, other, resolve, given] = EXECUTOR.exec(text.slice(open, behind)) ?? [];
    if (resolve === undefined || (one ?? other) !== given) return [];
    const before = /(?:(?:const|let|var)\s+([\w$]+)[^=;\n]*=\s*)?new\s+Promise\s*(?:<[^()]*>)?\s*$/.exec(
      text.slice(0, open),
    );
    return before === null ? [] : [{ at: before.index, name: before[1] ?? '', resolve }];
  });
  const both = [...text.matchAll(RESOLVERS)].map(
    ({ index, 1: name = 'promise', 2: resolve = 'resolve' }): Gate => ({ at: index, name, resolve }),
  );
  return [...made, ...both];
}

/**
 * It waits for what the field had, after it has put there a promise that it fulfils itself when it is done:
 * `const before = this.tail; this.tail = new Promise(...); await before; try { ... } finally { release(); }`
 */
export function gateSectionIn(of: SectionBody): Section | null {
  const read = new RegExp(
    String.raw`(?:const|let|var)\s+([\w$]+)[^=;\n]*=\s*${of.anyField}(?:\s*(?:\?\?|\|\|)\s*Promise\s*\.\s*resolve\s*\(\s*\))?\s*(?=[;\n])`,
    'g',
  );
  for (const { index, 1: before = '', 2: field = '' } of of.own.matchAll(read)) {
    if (!of.beginsStatement(index)) continue;
    const written = new RegExp(String.raw`${of.ref(field)}\s*=(?![=>])\s*`, 'g');
    const writes = [...of.own.matchAll(written)];
    const [write] = writes;
    if (write === undefined || writes.length > 1 || write.index < index) continue;
    const value = write.index + write[0].length;
    const gate = gatesIn(of.body).find((one) => isPutThere(of.body.slice(value), one, value, before));
    const awaited = awaitOf(before, of, value);
    if (gate === undefined || awaited < 0 || of.awaitsBetween(index, awaited)) continue;
    const gives = givenAt(gate.resolve, of);
    const has = behindAwait(of, awaited);
    if (gives === null || has < 0 || gives.some((at) => at < has)) continue;
    return { field, asks: index, has, gives, task: null, writes: [write.index] };
  }
  return null;
}

/** The field has that promise from there on, or what comes behind the one before and that. */
function isPutThere(value: string, { at, name, resolve }: Gate, begin: number, before: string): boolean {
  if (resolve === '') return false;
  if (name === '') return at === begin;
  const gate = escaped(name);
  return new RegExp(
    String.raw`^(?:${gate}|${escaped(before)}\s*\.\s*then\s*\(\s*\(\s*\)\s*=>\s*${gate}\s*\))\s*(?:[;\n]|$)`,
  ).test(value);
}

function awaitOf(before: string, { own }: SectionBody, from: number): number {
  const found = new RegExp(
    String.raw`(?<![.\w$])await\s+${escaped(before)}(?:\s*\.\s*catch\s*\(\s*(?:\(\s*\)|[\w$]+)\s*=>\s*\))?\s*(?=[;\n}])`,
  ).exec(own.slice(from));
  return found === null || own.slice(from, from + found.index).includes('return') ? -1 : from + found.index;
}

/** Behind the statement, and behind the block around it that goes on whatever it was. */
function behindAwait(of: SectionBody, at: number): number {
  if (!of.beginsStatement(at)) return -1;
  const behind = of.behindStatement(at);
  const isTried = /\btry\s*\{\s*$/.test(of.own.slice(0, at));
  const caught = /^\s*\}\s*catch\s*(?:\(\s*[\w$]+\s*\)\s*)?\{\s*\}/.exec(of.own.slice(behind));
  return isTried && caught !== null ? behind + caught[0].length : behind;
}

/** Where it is called, of which one is in a `finally`; null where anybody else may call it. */
function givenAt(resolve: string, of: SectionBody): readonly number[] | null {
  const word = String.raw`(?<![\w$.])${escaped(resolve)}(?![\w$])`;
  const calls = [...of.own.matchAll(new RegExp(String.raw`${word}\s*(?:\?\.|!)?\s*\(\s*\)`, 'g'))].map(
    ({ index }) => index,
  );
  const others = [
    ...of.body.matchAll(new RegExp(String.raw`${word}(?!\s*(?:\?\.|!)?\s*\(\s*\)|\s*[!?]?\s*[:=])`, 'g')),
  ];
  // Where it is declared, and taken out of an object.
  const isKept = others.some(
    ({ index }) => !/(?:\b(?:let|var|const)\s+|[{,:]\s*)$/.test(of.body.slice(Math.max(0, index - 40), index)),
  );
  if (isKept || calls.length === 0 || calls.some((at) => !of.beginsStatement(at))) return null;
  return calls.some((at) => of.isInFinally(at)) ? calls : null;
}
