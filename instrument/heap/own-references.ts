import { EventContext } from '../../src/core/event-context.ts';
import type { History } from '../../src/core/history.ts';
import { TrackedObject } from '../../src/core/tracked-object.ts';
import { Wait } from '../../src/core/wait.ts';
import type { Grant } from '../../src/sync/grant.ts';
import { Kept } from '../attribution/kept-reactions.ts';
import { PromiseNote } from '../attribution/promise-notes.ts';
import { Claim } from '../shapes/claim.ts';
import type { ShapeInstance } from '../shapes/shape-instances.ts';
import { CapturedStack } from '../stacks/stacks.ts';

// How dept's own objects refer to each other, as a heap shows it: by the fields and variables of our source. A bundler may put
// a number behind the name of a variable.

const HOLD = /^#?(?:held|taken)\d*$/;
const LENT: keyof Claim = 'lent';
const CALLBACK: keyof Claim = 'called';
const BEGINNING = 'of';
const GRANTED: keyof Grant = 'eventContext';
const WAIT = /^#?wait\d*$/;
const HISTORY = /^#?history\d*$/;
const STEPS: ReadonlySet<string> = new Set<keyof History>(['left', 'right', 'held']);
const GIVEN = /^callback\d*$/;
const CALLED = /^(?:call|callback)\d*$/;
const SETTLING = /^#settling\d*$/;
const FOLLOWED = /^#waits\d*$/;
const NOTES: ReadonlySet<string> = new Set(['#history', '#settling', '#waits', '#awaiter', '#parent']);
const HOLDER = /^#holder\d*$/;
const SLEEPER = /^(?:#first\d*|olderSleeping|youngerSleeping)$/;
const KNOWN = /^#known\d*$/;
const BEHIND: keyof PromiseNote = 'next';
const MADE = /^#object\d*$/;
const INSTANCE = /^#note\d*$/;
const SYMBOL = '<symbol dept.';
const KEPT: ReadonlySet<string> = new Set<keyof Kept>(['reaction', 'parent']);

/** From a claim, a loan or a ticket to what is held. */
export function isHold(name: string): boolean {
  return HOLD.test(name);
}

/** From a claim or a loan to what was lent out for it. */
export function isLent(name: string): boolean {
  return name === LENT;
}

/** True for the class of claims. */
export function isClaim(className: string): boolean {
  return className === Claim.name;
}

/** To a claim, from what begins its task. */
export function isBeginning(name: string): boolean {
  return name === BEGINNING;
}

/** From a claim to what is called when its task is done. */
export function isCallback(name: string): boolean {
  return name === CALLBACK;
}

/** From a guard to what is held. */
export function isGranted(name: string): boolean {
  return name === GRANTED;
}

/** From a claim to its wait. */
export function isWait(name: string): boolean {
  return WAIT.test(name);
}

/** From what is noted on a promise, or from a function that dept carries through a timer, to what is behind it. */
export function isHistory(name: string): boolean {
  return HISTORY.test(name);
}

/** From a step of a history to those before it, and to what was taken in it. */
export function isStep(name: string): boolean {
  return STEPS.has(name);
}

/** From the function that dept carries through a timer to the one it was given. */
export function isGiven(name: string): boolean {
  return GIVEN.test(name);
}

/** From a function of dept to the one of the program that it calls. */
export function isCalled(name: string): boolean {
  return CALLED.test(name);
}

/** The class of what dept knows of a promise. */
export const PROMISE_NOTE: string = PromiseNote.name;

/** What it refers to. The heap is read as if these were private fields of the promise. */
export const NOTED: ReadonlySet<string> = new Set<keyof PromiseNote>([
  'parent',
  'history',
  'settling',
  'waits',
  'awaiter',
]);

/** From a promise to its first note. */
export function isKnown(name: string): boolean {
  return KNOWN.test(name);
}

/** From a note to the next one of the same promise. */
export function isNoteBehind(name: string): boolean {
  return name === BEHIND;
}

/** From a promise to the wait, or the history, of whoever settles it. */
export function isSettling(name: string): boolean {
  return SETTLING.test(name);
}

/** From a promise that is followed to the list of its waits. */
export function isFollowed(name: string): boolean {
  return FOLLOWED.test(name);
}

/** From a tracked object to the first of those who hold it. */
export function isHolder(name: string): boolean {
  return HOLDER.test(name);
}

/** To a wait, from the list of those that sleep or from its neighbours there. */
export function isSleeper(name: string): boolean {
  return SLEEPER.test(name);
}

/** From what is held, or what is known of an object of a package, to the object that is tracked. */
export const OBJECT: keyof EventContext & keyof ShapeInstance = 'object';

/** From what is known of the object that a factory has made to the one that is tracked. */
export function isMade(name: string): boolean {
  return MADE.test(name);
}

/** From an object of a package to what is known of it. */
export function isInstanceNote(name: string): boolean {
  return INSTANCE.test(name);
}

/** From an object to what a weak map of dept, or of anybody, has for it: how V8 calls that in a snapshot. */
export function isWeaklyKnown(name: string): boolean {
  return name.includes('part of key (');
}

/** From an object of a package to what is noted of it, under a symbol. */
export function isSymbol(name: string): boolean {
  return name.startsWith(SYMBOL);
}

/**
 * What dept notes on promises, and on objects of packages: no code of the program follows it. A class of the program may have private
 * fields of these names.
 */
export function isNote(name: string, isOnPromise: boolean): boolean {
  return (isOnPromise && NOTES.has(name)) || isSymbol(name);
}

/** What keeps promises from being collected for a look at the heap: nobody settles them through it. */
export function isKept(className: string, name: string): boolean {
  return className === Kept.name && KEPT.has(name);
}

/** True for the class of stacks that were captured: they know functions, and lead nowhere. */
export function isCapturedStack(className: string): boolean {
  return className === CapturedStack.name;
}

/** True for the class of what is noted of who waits. */
export function isOfWait(className: string): boolean {
  return className === Wait.name;
}

/** True for the classes of what is tracked, of who holds it, and of their stacks: no code of the program gets anywhere by these. */
export function isRecord(className: string): boolean {
  return className === TrackedObject.name || className === EventContext.name || isCapturedStack(className);
}
