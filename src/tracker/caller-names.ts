import type { ContextName, Dependency } from '../core/dependency.ts';
import { inWords } from '../core/in-words.ts';
import { type Frame, isOfPackage, type Stack } from '../core/stack.ts';

/** Names that say nothing of the code they stand for. */
const NAMELESS =
  /^(?:main|async|task|<anonymous>|(?:Object|MessagePort|Timeout|Immediate)\.<anonymous>|Module\.|new Promise|process\.|eval)/;

/** A function and the place of a call in it, or of it. */
const AT_A_PLACE = /^(.+) \((\S+:\d+)\)$/;

/**
 * The circle with its contexts called by what a reader knows: their own name, else the function that waits. Several whose
 * functions have no name, as handlers of a server, are told apart by the lines where they wait; several that went through
 * one function, as a method that locks, by who called it.
 */
export function named(circle: readonly Dependency[]): readonly Dependency[] {
  const names = circle.map(whoIs);
  const told = linesOfWaits(circle, names) ?? callersOf(circle, names) ?? names;
  return circle.map((dependency, i) => ({
    ...dependency,
    context: { ...dependency.context, name: told[i] as string },
  }));
}

/** Lines, where no context has a name and the lines tell more. */
function linesOfWaits(circle: readonly Dependency[], names: readonly string[]): readonly string[] | null {
  if (!names.every((name, i) => isUnnamed(circle[i] as Dependency, name))) return null;
  const lines = circle.flatMap(({ wait }) => ownFrames(wait.stack).slice(0, 1).map(lineOf));
  return lines.length === circle.length && new Set(lines).size > 1 ? lines : null;
}

/** Who called the function that several of them are named after, as far inside as it tells them apart. */
function callersOf(circle: readonly Dependency[], names: readonly string[]): readonly string[] | null {
  if (areApart(names) || circle.some(({ context }) => context.kind !== 'main')) return null;
  const stacks = [circle.map(({ start }) => ownFrames(start.stack)), circle.map(({ wait }) => ownFrames(wait.stack))];
  const depths = stacks.map((each) => Math.min(...each.map(({ length }) => length)));
  for (let depth = 0; depth < Math.max(...depths); depth++) {
    for (const stack of stacks.filter((_, i) => depth < (depths[i] as number))) {
      const callees = depth === 0 ? null : names;
      const told = textsApart(
        stack.map((frames) => frames[depth] as Frame),
        callees,
      );
      if (told !== null) return told;
    }
  }
  return null;
}

/**
 * The functions of frames, or the lines of them, or the columns; null where all of these leave two alike.
 * @param callees what is called there, null where it is the frames' own functions that wait
 */
function textsApart(frames: readonly Frame[], callees: readonly string[] | null): readonly string[] | null {
  const inside = (place: (frame: Frame) => string) =>
    frames.map((frame, i) => within(callees === null ? functionOf(frame) : (callees[i] as string), place(frame)));
  const lines = inside(lineOf);
  const functions = frames.map((frame, i) => functionOf(frame) ?? (lines[i] as string));
  return [functions, lines, inside(placeOf)].find(areApart) ?? null;
}

/** The function that all of these are runs of, with the places that tell them apart; null if they are several. */
export function runsOfOne(names: readonly string[]): string | null {
  if (names.length === 1) return names[0] as string;
  const calls = names.map((name) => AT_A_PLACE.exec(name));
  const [callee, ...others] = new Set(calls.map((call) => call?.[1]));
  return callee === undefined || others.length > 0
    ? null
    : `${callee} (${inWords(calls.map((call) => call?.[2] ?? ''))})`;
}

function within(name: string | null, place: string): string {
  return name === null ? place : `${name} (${place})`;
}

function areApart(texts: readonly string[]): boolean {
  return new Set(texts).size === texts.length;
}

function isUnnamed({ context }: Dependency, name: string): boolean {
  return context.kind === 'main' && (name === context.name || name.endsWith('.<anonymous>'));
}

function ownFrames(stack: Stack | null): readonly Frame[] {
  return (stack?.frames ?? []).filter((frame) => frame.file !== null && !isOfPackage(frame));
}

/** A line of the program, as `server.ts:12`. */
function lineOf({ file, line }: Frame): string {
  return `${(file as string).replace(/^.*\//, '')}:${line}`;
}

function placeOf(frame: Frame): string {
  return `${lineOf(frame)}:${frame.column}`;
}

function whoIs({ context, wait, start, event }: Dependency): string {
  return callerName(context, [wait.stack, start.stack, event.stack]);
}

/** The context's own name; the main one is called by the program's function that it was in, as far as a stack tells. */
export function callerName(context: ContextName, stacks: readonly (Stack | null)[]): string {
  if (context.kind !== 'main') return context.name;
  for (const stack of stacks) {
    for (const frame of stack?.frames ?? []) {
      if (isOfPackage(frame)) continue;
      const name = functionOf(frame);
      if (name !== null) return name;
    }
  }
  return context.name;
}

/** The function of a frame, if its name says something. */
function functionOf({ functionName }: Frame): string | null {
  if (functionName === null || functionName === '' || NAMELESS.test(functionName)) return null;
  return functionName.replace(/^async /, '');
}
