import { oneLine } from '../text/names.ts';

/** Marks that turn the order of the text around them: `\u202e` lets a name look like another one. */
const BIDI_CONTROL = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;
const LONE_SURROGATE = /\p{Surrogate}/gu;
const ESCAPES: Readonly<Record<string, string>> = Object.freeze({
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
});

/** Text as a page may show it: on its line, with nothing in it that is not seen. */
export function visible(text: string): string {
  return oneLine(text)
    .replace(BIDI_CONTROL, (mark) => `\\u${mark.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .replace(LONE_SURROGATE, '\ufffd');
}

/** HTML that is known to be what we wrote. Only this module makes it, so nothing reaches a page unescaped. */
export class Markup {
  readonly #text: string;

  private constructor(text: string) {
    this.#text = text;
  }

  /** Takes text as it is: for our own assets, never for anything a program or a file says. */
  static trusted(text: string): Markup {
    return new Markup(text);
  }

  toString(): string {
    return this.#text;
  }
}

/** What a template takes: text is escaped, markup is not, lists are joined, null is nothing. */
export type Part = Markup | string | number | null | readonly Part[];

/** A template of HTML or SVG. Every text put into it is made visible and escaped, for content and quoted attributes alike. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  let text = strings[0] ?? '';
  for (const [index, part] of parts.entries()) text += textOf(part) + (strings[index + 1] ?? '');
  return Markup.trusted(text);
}

/** JSON inside of a script element: `<` could end it. */
export function jsonMarkup(value: unknown): Markup {
  return Markup.trusted(
    JSON.stringify(value).replaceAll('<', '\\u003c').replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029'),
  );
}

function textOf(part: Part): string {
  if (part === null) return '';
  if (part instanceof Markup) return part.toString();
  if (typeof part === 'object') return part.map(textOf).join('');
  return visible(String(part)).replace(/[&<>"']/g, (character) => ESCAPES[character] ?? '');
}
