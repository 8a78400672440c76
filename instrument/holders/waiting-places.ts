import { type Frame, isOfPackage } from '../../src/core/stack.ts';
import type { Wait } from '../../src/core/wait.ts';
import { definitionOf, stackAt } from '../heap/definitions.ts';
import type { Suspended } from '../heap/suspended-graph.ts';
import type { HolderLook } from './holder-look.ts';

const MAX_FRAMES = 8;

/** Waits of which the line is looked up, which costs a walk over the heap each; all other functions stand where they begin. */
const MAX_LINES = 4;

/**
 * Gives those of these waits that have no stack, or none of the program, one of the functions that are suspended for them. A
 * class has a few stacks to spend, and a program that has run for a while has spent them on waits that went well.
 */
export function placeWaits(waits: Iterable<Wait>, look: HolderLook): void {
  let lines = MAX_LINES;
  for (const wait of waits) {
    const own = wait.stack?.frames ?? [];
    if (!own.every(isOfPackage)) continue;
    const frames = chainOf(wait, look).flatMap((each, index) => frameOf(each, look, index === 0 && lines > 0) ?? []);
    lines--;
    if (frames.length > 0) wait.stack = { frames, direct: own.length > 0 ? own : frames };
  }
}

/** Functions of the program, innermost first: the first that awaits it, the first that awaits that one, and so on. */
function chainOf(wait: Wait, look: HolderLook): readonly Suspended[] {
  const isOfProgram = (each: Suspended): boolean => isWrittenInProgram(each, look);
  const waiters = look.waitersFor(wait);
  const chain = new Set<Suspended>();
  // Of the generators that compilers make of a package's functions the heap does not show who awaits what they compute.
  let next = waiters.find(isOfProgram) ?? waiters[0];
  while (next !== undefined) {
    chain.add(next);
    const last = next;
    next = look.graph.functions.find((each) => each.waitsFor.includes(last) && !chain.has(each));
  }
  return [...chain].filter(isOfProgram).slice(0, MAX_FRAMES);
}

function frameOf(each: Suspended, { heap, places }: HolderLook, isLineWanted: boolean): Frame | undefined {
  const found = isLineWanted ? places.find(heap.id(each.node)) : null;
  const stack = found === null ? definitionOf(each, heap, places) : stackAt(heap.name(each.fn), found, places);
  return stack?.frames[0];
}

function isWrittenInProgram({ fn }: Suspended, { heap, places }: HolderLook): boolean {
  const place = heap.placeOf(fn);
  const url = place === null ? null : places.urlOf(place);
  if (url === null || url === '' || url.startsWith('node:')) return false;
  return !places.isInstalled(place) && !places.isOwn(place);
}
