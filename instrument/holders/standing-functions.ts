import { type Frame, isOfPackage, type Stack } from '../../src/core/stack.ts';
import { definitionOf, endOf, isModule } from '../heap/definitions.ts';
import type { HeapGraph } from '../heap/heap-graph.ts';
import type { InspectorPlaces } from '../heap/inspector-places.ts';
import type { Suspended } from '../heap/suspended-graph.ts';

/** A suspended function and where it begins. */
interface Written {
  readonly each: Suspended;
  readonly name: string;
  readonly at: Frame;
  readonly isBody: boolean;
}

/** The suspended functions that a stack may stand for. */
export interface Standing {
  readonly functions: readonly Suspended[];
  /** False where it may as well stand for code of the program that is not suspended, and goes on in callbacks. */
  readonly isCertain: boolean;
}

/** Which suspended functions the frames of a captured stack stand for: those of that name around that place. */
export class StandingFunctions {
  readonly #heap: HeapGraph;
  readonly #places: InspectorPlaces;
  readonly #written: readonly Written[];

  constructor(all: readonly Suspended[], heap: HeapGraph, places: InspectorPlaces) {
    this.#heap = heap;
    this.#places = places;
    this.#written = all.flatMap((each) => this.#whereWritten(each) ?? []);
  }

  /**
   * Those of the innermost frame that may stand for any.
   * @param isOther true for a function that stands there for another call: the one that was captured is over
   */
  of(stack: Stack | null, isOther: (each: Suspended) => boolean = () => false): Standing {
    let isCertain = true;
    let body: readonly Suspended[] = [];
    for (const frame of stack?.direct ?? stack?.frames ?? []) {
      const name = plainName(frame);
      const around = this.#written.filter((one) => one.name === name && !isOther(one.each) && this.#isIn(frame, one));
      // Where several begin before the place, it is in the last of them.
      const closest = around.filter(({ at }) => around.every((other) => begins(other.at, at)));
      const functions = closest.map(({ each }) => each);
      // A function without a name is not told from the body of its module; which nobody calls who stands in one.
      const isKnown = name !== '' || closest.some(({ isBody }) => !isBody);
      if (functions.length > 0 && isKnown) return { functions, isCertain };
      if (body.length === 0) body = functions;
      isCertain &&= functions.length === 0 && isOfPackage(frame);
    }
    return { functions: body, isCertain: false };
  }

  /** Functions without a name follow one another in a file: one that is over before the place is another one. */
  #isIn(frame: Frame, { each, name, at }: Written): boolean {
    if (at.path !== frame.path || !begins(at, frame)) return false;
    const end = name === '' ? endOf(each, this.#heap, this.#places) : null;
    return end === null || begins(frame, end);
  }

  /** Null for the generators that compilers make of async functions: the heap does not show who awaits what they compute. */
  #whereWritten(each: Suspended): Written | null {
    const isBody = isModule(each, this.#heap);
    if (each.promise === null && !isBody) return null;
    const at = definitionOf(each, this.#heap, this.#places)?.frames[0];
    return at === undefined ? null : { each, name: this.#heap.name(each.fn), at, isBody };
  }
}

/** True when the first place is before the second one, or the same. */
function begins(first: Frame, second: Frame): boolean {
  return first.line < second.line || (first.line === second.line && first.column <= second.column);
}

/** Of `async Orders.place [as run]` the heap knows `place`. */
function plainName({ functionName }: Frame): string {
  const name = (functionName ?? '').replace(/ \[as .*\]$/, '').replace(/^.*[. ]/, '');
  return name === '<anonymous>' ? '' : name;
}
