import { className } from '../../src/core/classes.ts';
import type { Place } from '../../src/core/dependency.ts';
import type { Alike } from '../../src/core/finding.ts';

/** Printed where a label is not known. */
export const UNKNOWN = '(unknown)';

/** Control and line-separating characters: a name that holds one must not break a line or reach a terminal. */
const CONTROL = /[\p{Cc}\u2028\u2029]/gu;

/** The text with control characters written as `\xNN`, so that it stays on its line. */
export function oneLine(text: string): string {
  return text.replace(CONTROL, (character) => {
    const code = character.charCodeAt(0);
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16)}`;
  });
}

/** `label(name:sub)`. */
export function callText(label: string | null, name: string): string {
  return `${label === null ? UNKNOWN : oneLine(label)}(${oneLine(name)})`;
}

export function placeText(place: Place): string {
  return callText(place.label, className(place.class));
}

/** `, and 20 more like it`; nothing where it stands for itself alone. */
export function alikeText({ alike = 0 }: Alike): string {
  return alike === 0 ? '' : `, and ${alike} more like it`;
}

/** `A`, `B`, ... by plain addition of characters: after `Z` comes `[`, as in the kernel. */
export function contextLetter(index: number): string {
  return String.fromCharCode('A'.charCodeAt(0) + index);
}
