import type { Dependency, Place } from '../src/core/dependency.ts';
import type { Finding, OpenWait, SuspendedFunction } from '../src/core/finding.ts';
import type { Frame, Stack } from '../src/core/stack.ts';
import { placeOf } from './text/frames.ts';
import { callText, contextLetter, oneLine, placeText } from './text/names.ts';

/** One of [S], [W], [E] of a context, as far as a reader needs it. */
export interface Mark {
  readonly letter: 'S' | 'W' | 'E';
  /** `acquire(stock:0)`. */
  readonly call: string;
  /** Where it is in the program; null where no stack is known. */
  readonly frame: Frame | null;
}

/** A context of a finding with its marks in the order of the diagram. */
export interface OutlinedContext {
  /** `A`, `B`, ... */
  readonly letter: string;
  readonly name: string;
  readonly marks: readonly Mark[];
}

/** What the letters stand for, in the words of the report's legend. */
export const MARK_MEANINGS: Readonly<Record<Mark['letter'], string>> = Object.freeze({
  S: 'start of the event context',
  W: 'the wait blocked',
  E: 'the event not reachable',
});

/** Who waits where for what: the common skeleton of all formats. Empty for a finding without contexts. */
export function outlineOf(finding: Finding): readonly OutlinedContext[] {
  if (finding.circle.length > 0) return finding.circle.map(circleContext);
  const waits = finding.openWaits.map(openWaitContext);
  const { suspended = [] } = finding;
  return [...waits, ...suspended.map((each, index) => suspendedContext(each, waits.length + index, suspended))];
}

/** The place a finding is reported at: the [W] of context A, else whatever place is known first. */
export function mainFrame(finding: Finding): Frame | null {
  const contexts = outlineOf(finding);
  for (const letter of ['W', 'S', 'E']) {
    for (const { marks } of contexts) {
      const frame = marks.find((mark) => mark.letter === letter && hasLine(mark.frame))?.frame;
      if (frame !== undefined && frame !== null) return frame;
    }
  }
  const made = placeOf(finding.stack);
  return hasLine(made) ? made : null;
}

/** True for a place in a file that one can open. */
export function hasLine(frame: Frame | null): frame is Frame & { readonly file: string } {
  return frame !== null && frame.file !== null && frame.line > 0 && !frame.file.startsWith('node:');
}

function circleContext({ context, start, wait, event }: Dependency, index: number): OutlinedContext {
  return {
    letter: contextLetter(index),
    name: oneLine(context.name),
    marks: [placeMark('S', start), placeMark('W', wait), placeMark('E', event)],
  };
}

function placeMark(letter: Mark['letter'], place: Place): Mark {
  return { letter, call: placeText(place), frame: placeOf(place.stack) };
}

function openWaitContext(wait: OpenWait, index: number): OutlinedContext {
  const mark = (letter: Mark['letter'], label: string, stack: Stack | null): Mark => ({
    letter,
    call: callText(label, wait.className),
    frame: placeOf(stack),
  });
  return {
    letter: contextLetter(index),
    name: oneLine(wait.contextName),
    marks: [mark('W', wait.label, wait.stack), ...wait.owners.map((owner) => mark('S', owner.startLabel, owner.stack))],
  };
}

function suspendedContext(each: SuspendedFunction, index: number, all: readonly SuspendedFunction[]): OutlinedContext {
  const call = `await ${awaitedText(each, all)}`;
  return {
    letter: contextLetter(index),
    name: oneLine(each.name),
    marks: [{ letter: 'W', call: oneLine(call), frame: placeOf(each.stack) }],
  };
}

/** What a suspended function awaits: others of the list by name, or what is known of a promise nobody computes. */
export function awaitedText({ awaits, waitsFor }: SuspendedFunction, all: readonly SuspendedFunction[]): string {
  const names = [...new Set(waitsFor.map((index) => all[index]?.name ?? '?'))];
  return names.length === 0 ? (awaits ?? 'a promise') : [...names, ...(awaits === null ? [] : [awaits])].join(' and ');
}
