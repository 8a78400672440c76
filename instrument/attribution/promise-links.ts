import { promiseHooks } from 'node:v8';
import { Stamp } from '../patches/stamp.ts';
import { captureStack, isAwaitedCall } from '../stacks/capture-stack.ts';
import { Kept, keep, letAllGo } from './kept-reactions.ts';
import { firstNote, freed, type Hooked, noteFor, noteMade, noteOf, type PromiseNote } from './promise-notes.ts';

/** The promise whose settling lets a reaction run, where nobody follows everything. Cut when it runs. */
class Link extends Stamp {
  #parent: Hooked | Kept | undefined;

  constructor(reaction: Hooked, parent: Hooked | Kept) {
    super(reaction);
    this.#parent = parent;
  }

  static has(reaction: Hooked): boolean {
    return #parent in reaction;
  }

  /** Gives the parent, and cuts the link. */
  static cut(reaction: Hooked): Hooked | undefined {
    if (!(#parent in reaction)) return firstNote(reaction)?.cut();
    const parent = reaction.#parent;
    if (parent === undefined) return undefined;
    reaction.#parent = undefined;
    return parent instanceof Kept ? freed(parent) : parent;
  }
}

/** Who is told of the reactions of promises while it follows them. None of these may throw. */
export interface Follower {
  /** A promise was made; with a parent it is what runs when the parent has settled. @param note the follower's own, empty yet */
  created(promise: Hooked, parent: Hooked | undefined, note: PromiseNote): void;
  /** The reaction of this promise begins. */
  begins(promise: Hooked, parent: Hooked | undefined, note: PromiseNote | undefined): void;
  /** It has ended. */
  ended(): void;
  /** The code that runs now resolves the promise with a value, an error or another promise. */
  resolved(promise: Hooked): void;
}

/** What is wanted of the hooks: nothing, the links between promises, or to be told of every reaction. */
export type Following = 'off' | 'links' | 'all';

const wants = new Map<Follower, Following>();
/** Those who follow everything. */
let followers: readonly Follower[] = [];
let level: Following = 'off';
let stop: (() => void) | null = null;

/**
 * The promise hooks of this process, one set for all who need them. Links alone cost a third of an `await`, and with them
 * nothing is lost when a follower wants to hear of everything from some moment on.
 */
export function follow(follower: Follower, following: Following): void {
  if (following === 'off') wants.delete(follower);
  else wants.set(follower, following);
  followers = [...wants].filter(([, each]) => each === 'all').map(([each]) => each);
  const needed = followers.length > 0 ? 'all' : wants.size > 0 ? 'links' : 'off';
  if (needed === level) return;
  level = needed;
  if (needed === 'off') {
    letAllGo();
    letNewestGo();
  }
  const before = stop;
  stop = needed === 'off' ? null : (promiseHooks.createHook(needed === 'all' ? ALL : LINKS) as unknown as () => void);
  before?.();
}

/** Says which promise a reaction waits for, where the engine does not. */
export function linkTo(promise: Hooked, parent: Hooked): void {
  if (level === 'off' || Link.has(promise)) return;
  const note = firstNote(promise);
  if (note === undefined) new Link(promise, parent);
  else note.parent ??= parent;
}

/** The newest promise that is no reaction to another one. One assignment: it is made for each of them. */
let newest: Hooked | null = null;

/** Before the heap is read: what dept alone refers to is not the program's. */
export function letNewestGo(): void {
  newest = null;
}

function link(promise: Hooked, parent: Hooked | undefined): void {
  if (parent === undefined) {
    newest = promise;
    return;
  }
  new Link(promise, keep(promise, parent) ?? parent);
}

// There is one follower as a rule, and each step more is felt until the engine has compiled them.

function created(promise: Hooked, parent: Hooked | undefined): void {
  if (parent === undefined) newest = promise;
  const follower = followers[0] as Follower;
  const note = noteMade(promise, follower, parent === undefined ? undefined : (keep(promise, parent) ?? parent));
  follower.created(promise, parent, note);
  for (let i = 1; i < followers.length; i++) {
    const other = followers[i] as Follower;
    other.created(promise, parent, noteFor(promise, other));
  }
}

/** Who calls a function, as the engine keeps it until somebody reads it. */
export interface Caller {
  readonly stack?: string;
}

/** What makes a reaction now. */
export function callerOfHook(): Caller {
  return callerOf(created);
}

/** What calls `then` for an `await` that TypeScript or esbuild, Babel or swc have compiled. */
const COMPILED_AWAIT = /^ +at (?:step|asyncGeneratorStep) /;

/** True while a function makes a reaction by `await`, or by what a compiler has made of that, not by `then` or something that calls it. */
export function isAwaitNow(): boolean {
  const caller = callerOf(created, 2);
  const [, , callerOfThen = ''] = (caller.stack ?? '').split('\n', 3);
  return isProgram(caller) || COMPILED_AWAIT.test(callerOfThen);
}

/** True while what has called this function is code in a file, not a function of the engine such as `Promise.race`. */
export function isCalledByProgram(called: object): boolean {
  return isProgram(callerOf(called)) && !isAwaitedCall(called);
}

/** True while the engine calls this function of its own accord, as it does the `then` of a thenable. */
export function isCalledByEngine(called: object): boolean {
  const { stack = '' } = callerOf(called);
  const [, caller] = stack.split('\n', 2);
  if (caller === undefined || caller.includes('(node:internal/process/task_queues:')) return true;
  return isAwaitedCall(called);
}

/**
 * The promise whose executor has called this function, directly or through methods of these names that override it; null where
 * something else has, or where that was not seen. One that the executor has made before is taken for it.
 */
export function promiseOfExecutor(called: object, overriding: ReadonlySet<string>): object | null {
  if (level === 'off') return null;
  const holder: { stack?: string } = {};
  captureStack(holder, called, 6);
  const [, ...frames] = (holder.stack ?? '').split('\n');
  const executor = frames.findIndex((frame) => !overriding.has(/^ +at \S*\.(\w+) /.exec(frame)?.[1] ?? ''));
  return /^ +at new \S+ \(<anonymous>\)$/.test(frames[executor + 1] ?? '') ? newest : null;
}

/** True for code in a file. Costs some ten microseconds. */
export function isProgram({ stack = '' }: Caller): boolean {
  const [, caller = '(<anonymous>)'] = stack.split('\n', 2);
  return !caller.trimEnd().endsWith('(<anonymous>)');
}

function callerOf(called: object, frames = 1): Caller {
  const holder: { stack?: string } = {};
  captureStack(holder, called, frames);
  return holder;
}

function begins(promise: Hooked): void {
  const follower = followers[0] as Follower;
  const first = firstNote(promise);
  const parent = first?.cut() ?? Link.cut(promise);
  follower.begins(promise, parent, first?.owner === follower ? first : first?.of(follower));
  for (let i = 1; i < followers.length; i++) {
    const other = followers[i] as Follower;
    other.begins(promise, parent, noteOf(promise, other));
  }
}

function ended(): void {
  for (let i = 0; i < followers.length; i++) (followers[i] as Follower).ended();
}

function resolved(promise: Hooked): void {
  for (let i = 0; i < followers.length; i++) (followers[i] as Follower).resolved(promise);
}

type Hooks = Parameters<typeof promiseHooks.createHook>[0];
const LINKS = { init: link, before: Link.cut } as unknown as Hooks;
const ALL = { init: created, before: begins, after: ended, settled: resolved } as unknown as Hooks;
