import { DeptError, type DeptErrorCode } from './dept-error.ts';
import { inWords } from './in-words.ts';

/** What an option may be; the words go on after "it must be". */
export interface OptionKind {
  readonly words: string;
  readonly allows: (value: unknown) => boolean;
}

/** The options of one call. Made by {@link optionKinds}, so that `toString` is none. */
export type OptionKinds = ReadonlyMap<string, OptionKind>;

export const TEXT: OptionKind = { words: 'a string', allows: (value) => typeof value === 'string' };
export const FLAG: OptionKind = { words: 'true or false', allows: (value) => typeof value === 'boolean' };
export const FUNCTION: OptionKind = { words: 'a function', allows: (value) => typeof value === 'function' };
export const ANYTHING: OptionKind = { words: 'anything', allows: () => true };
export const AMOUNT: OptionKind = {
  words: 'a number from 0',
  allows: (value) => typeof value === 'number' && value >= 0,
};
export const MILLISECONDS: OptionKind = { ...AMOUNT, words: '0 or more milliseconds' };
export const ABORT_SIGNAL: OptionKind = {
  words: 'an AbortSignal',
  allows: (value) => value instanceof Object && typeof Reflect.get(value, 'addEventListener') === 'function',
};

export function optionKinds(kinds: Readonly<Record<string, OptionKind>>): OptionKinds {
  return new Map(Object.entries(kinds));
}

/** One of a few strings. */
export function choice(allowed: readonly string[]): OptionKind {
  return { words: inWords(allowed, 'or'), allows: (value) => allowed.some((one) => one === value) };
}

/** What is wrong with the options that a program gives, as programs in JavaScript have no types to tell them; null when nothing is. */
export function faultOf(given: object, kinds: OptionKinds): string | null {
  if (typeof given !== 'object' || given === null) {
    return `the options are ${shown(given)}; they must be an object with ${inWords([...kinds.keys()], 'or')}.`;
  }
  for (const name in given) {
    const value: unknown = given[name as keyof typeof given];
    const kind = kinds.get(name);
    if (kind === undefined) return unknown(name, [...kinds.keys()]);
    if (value !== undefined && !kind.allows(value)) return `${name} is ${shown(value)}; it must be ${kind.words}.`;
  }
  return null;
}

/** @throws DeptError with that code, for what `call` was given */
export function checkOptions(
  call: string,
  given: object,
  kinds: OptionKinds,
  code: DeptErrorCode = 'ERR_DEPT_BAD_OPTION',
): void {
  const fault = faultOf(given, kinds);
  if (fault !== null) throw new DeptError(code, `${call}: ${fault}`);
}

/** A value as messages say it. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'function') return `the function ${value.name || '(no name)'}`;
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}

function unknown(name: string, known: readonly string[]): string {
  const meant = known.find((one) => isLike(name.toLowerCase(), one.toLowerCase()));
  const list = `there ${known.length === 1 ? 'is' : 'are'} ${inWords(known)}.`;
  return `there is no option ${name}; ${meant === undefined ? list : `did you mean ${meant}?`}`;
}

/** A part of the other one, or one slip away from it. */
function isLike(name: string, known: string): boolean {
  return (name.length > 2 && (known.startsWith(name) || name.startsWith(known))) || isSlip(name, known);
}

/** A letter more, less, wrong or in the wrong order. */
export function isSlip(name: string, known: string): boolean {
  let at = 0;
  while (at < name.length && name[at] === known[at]) at++;
  const rest = name.slice(at);
  const other = known.slice(at);
  const swapped = `${rest[1] ?? ''}${rest[0] ?? ''}${rest.slice(2)}`;
  return rest.slice(1) === other.slice(1) || rest === other.slice(1) || rest.slice(1) === other || swapped === other;
}
