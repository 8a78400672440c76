import { ownText, withoutFunctions } from './function-text.ts';
import { type HeapGraph, type HeapNode, keyOf, type ScriptPlace } from './heap-graph.ts';
import type { InspectorPlaces } from './inspector-places.ts';

/** Calls of functions that call those that are looked for. */
const MAX_DEPTH = 3;
/** What stands before a method of an object that is called as those of Node are. */
const OF_NODE = /(?<![\w$])(?:req|request|res|response|reply|server|socket|stream)\s*\??\.\s*$/;
/** A function that is called by its name alone, or a method. */
const CALLED = /(?<![\w$#])(#?[\w$]+)\s*(?:\?\.\s*)?\(/g;

/** The functions of a heap that belong to the program: not to a package, to Node or to dept. */
export class ProgramFunctions {
  readonly #heap: HeapGraph;
  readonly #places: InspectorPlaces;
  readonly #isOfProgram = new Map<string, boolean>();
  readonly #own = new Map<string, string>();
  readonly all: readonly HeapNode[];

  constructor(heap: HeapGraph, places: InspectorPlaces) {
    this.#heap = heap;
    this.#places = places;
    const all: HeapNode[] = [];
    for (let node = 0; node < heap.size; node++) {
      if (heap.type(node) === 'closure' && this.isOne(node)) all.push(node);
    }
    this.all = all;
  }

  isOne(fn: HeapNode): boolean {
    const place = this.#heap.placeOf(fn);
    return place !== null && !isBeginning(place) && this.#isProgram(place);
  }

  /** What a function does itself, not in functions that it makes; of the body of a module likewise. Empty where that is not known. */
  ownTextOf(fn: HeapNode): string {
    const place = this.#heap.placeOf(fn);
    if (place === null) return '';
    const key = keyOf(place);
    let own = this.#own.get(key);
    if (own === undefined) {
      own = isBeginning(place)
        ? withoutFunctions(this.#places.scriptAt(place))
        : ownText(this.#places.textAt(place) ?? '');
      this.#own.set(key, own);
    }
    return own;
  }

  /** True where the second function is written inside of the first one. */
  isWrittenIn(outer: HeapNode, inner: HeapNode): boolean {
    const [around, place] = [this.#heap.placeOf(outer), this.#heap.placeOf(inner)];
    if (around === null || place === null || around.scriptId !== place.scriptId || isBeginning(around)) return false;
    const lines = (this.#places.textAt(around) ?? '').split('\n');
    const last = around.line + lines.length - 1;
    const lastColumn = (lines.length === 1 ? around.column : 0) + (lines.at(-1) as string).length;
    return isBefore(around, place) && isBefore(place, { line: last, column: lastColumn });
  }

  /**
   * What functions are called that are of a kind.
   * @param isOne tells it of what a function does itself, and what those are called that are known to be of it
   */
  namesOf(isOne: (own: string, known: ReadonlySet<string>) => boolean): ReadonlySet<string> {
    const names = new Set<string>();
    for (let depth = 0; depth < MAX_DEPTH; depth++) {
      const before = names.size;
      for (const fn of this.all.filter((each) => isOne(this.ownTextOf(each), names))) names.add(this.#heap.name(fn));
      names.delete('');
      if (names.size === before) break;
    }
    return names;
  }

  #isProgram(place: ScriptPlace): boolean {
    let isProgram = this.#isOfProgram.get(place.scriptId);
    if (isProgram === undefined) {
      isProgram = this.#places.isOfProgram(place);
      this.#isOfProgram.set(place.scriptId, isProgram);
    }
    return isProgram;
  }
}

/** Where a text calls one of these. What is called so of an object of Node, as `response.end()`, is another function. */
export function callsOf(names: ReadonlySet<string>, text: string): readonly number[] {
  if (names.size === 0) return [];
  const called = [...text.matchAll(CALLED)].filter(({ 1: name }) => names.has(name as string));
  return called.map(({ index }) => index).filter((index) => !OF_NODE.test(text.slice(Math.max(0, index - 40), index)));
}

/** Where it does so first; -1 where it calls none. */
export function firstCallOf(names: ReadonlySet<string>, text: string): number {
  return callsOf(names, text)[0] ?? -1;
}

/** The body of a module begins there, and so does what is around a CommonJS module. */
function isBeginning({ line, column }: ScriptPlace): boolean {
  return line === 0 && column === 0;
}

function isBefore(first: Pick<ScriptPlace, 'line' | 'column'>, second: Pick<ScriptPlace, 'line' | 'column'>): boolean {
  return first.line < second.line || (first.line === second.line && first.column < second.column);
}
