import { isModule } from '../heap/definitions.ts';
import { escaped, ownText, withoutFunctions } from '../heap/function-text.ts';
import { type HeapGraph, keyOf, type ScriptPlace } from '../heap/heap-graph.ts';
import type { InspectorPlaces } from '../heap/inspector-places.ts';
import type { Suspended } from '../heap/suspended-graph.ts';

/** Functions that are the program. */
const MAIN = /^(?:main|bootstrap|cli)$/i;
/** What stands before a function that is called where it is written, for what it does. */
const CALLED_AT_ONCE = /(?:^|[;{}!+\n]|\bvoid)\s*\(\s*(?:async\s*)?$/;
/** Goes round until something is told it, or as long as there is something to do. */
const LOOP = /\b(?:while|do)\b|\bfor\s*(?:await\b|\(\s*[^;()]*;\s*;)/;
/** Of longer files, as bundles are, only names are looked at, and of more functions than that. */
const MAX_TEXT = 500_000;
const MAX_FUNCTIONS = 40;

/** True for what is the program by its name: a module, or its main function. */
export function isMain(each: Suspended, heap: HeapGraph): boolean {
  return isModule(each, heap) || MAIN.test(heap.name(each.fn));
}

/** Which functions are the program, or are called once by a file itself: they are to come to their end. */
export class EntryFunctions {
  readonly #heap: HeapGraph;
  readonly #places: InspectorPlaces;
  /** By where they are written. */
  readonly #known = new Map<string, boolean>();
  /** What files do themselves, not in functions. */
  readonly #own = new Map<string, string>();

  constructor(heap: HeapGraph, places: InspectorPlaces) {
    this.#heap = heap;
    this.#places = places;
  }

  has(each: Suspended): boolean {
    const place = this.#heap.placeOf(each.fn);
    if (place === null || !this.#places.isOfProgram(place)) return false;
    if (isMain(each, this.#heap)) return true;
    const key = keyOf(place);
    const known = this.#known.get(key) ?? (this.#known.size < MAX_FUNCTIONS && this.#isCalled(each, place));
    this.#known.set(key, known);
    return known;
  }

  #isCalled(each: Suspended, place: ScriptPlace): boolean {
    return this.#isCalledAtOnce(place) || this.#isCalledOnce(each, place);
  }

  /** True for a function with a loop of which nothing says how often it goes round, or that calls itself: it may go on as long as the program does. */
  isLooping({ fn }: Suspended): boolean {
    const place = this.#heap.placeOf(fn);
    const text = place === null ? null : this.#places.textAt(place);
    if (text === null) return false;
    const own = ownText(text.replace(/^async\s+(?=\()/, ''));
    return LOOP.test(own) || callsOf(this.#heap.name(fn), own).length > 0;
  }

  #isCalledAtOnce(place: ScriptPlace): boolean {
    const before = this.#places.textBefore(place);
    return before.length <= MAX_TEXT && CALLED_AT_ONCE.test(withoutFunctions(before));
  }

  #isCalledOnce({ fn }: Suspended, place: ScriptPlace): boolean {
    return callsOf(this.#heap.name(fn), this.#ownTextOf(place)).length === 1;
  }

  #ownTextOf(place: ScriptPlace): string {
    let own = this.#own.get(place.scriptId);
    if (own === undefined) {
      const script = this.#places.scriptAt(place);
      own = script.length > MAX_TEXT ? '' : withoutFunctions(script);
      this.#own.set(place.scriptId, own);
    }
    return own;
  }
}

function callsOf(name: string, text: string): readonly string[] {
  if (!/^[\w$]+$/.test(name)) return [];
  return text.match(new RegExp(`(?<![.\\w$#])${escaped(name)}\\s*\\(`, 'g')) ?? [];
}
