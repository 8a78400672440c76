import { createHash } from 'node:crypto';
import vm from 'node:vm';
import { leadsToSameLines } from '../own-locks/inline-map.ts';
import { markedOrNull } from '../own-locks/marking.ts';
import { MAY_WAIT } from '../own-locks/may-wait.ts';

type Texts = Map<string, string | null>;

const KEY = Symbol.for(`dept.texts ${import.meta.url}`);

/**
 * Texts with their marks, or null where there are none, by what is hashed of them. Each file of tests has a dept of its own, and loads most of
 * the modules that the files before have loaded: all of them in a process share one, outside of their sandboxes, so that it keeps none alive.
 */
function sharedTexts(): Texts {
  const outside = vm.runInThisContext('globalThis') as Record<symbol, Texts>;
  const known = outside[KEY];
  if (known !== undefined) return known;
  const value = vm.runInThisContext('new Map()') as Texts;
  Object.defineProperty(outside, KEY, { value });
  return value;
}

export class ReadTexts {
  readonly #texts = sharedTexts();

  /** The text with marks. jest has read the map of a text before: one that would lead to other lines is left alone. */
  marked(code: string): string | null {
    if (!MAY_WAIT.test(code)) return null;
    const key = createHash('sha1').update(code).digest('base64');
    let text = this.#texts.get(key);
    if (text === undefined) {
      text = markedOrNull(code);
      if (text !== null && !keepsLines(code, text)) text = null;
      this.#texts.set(key, text);
    }
    return text;
  }
}

/** In jest what reads a map may be a mock. */
function keepsLines(code: string, text: string): boolean {
  try {
    return leadsToSameLines(code, text);
  } catch {
    return false;
  }
}
