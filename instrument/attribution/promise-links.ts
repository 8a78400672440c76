import { promiseHooks } from 'node:v8';
import { captureStack } from '../capture-stack.ts';
import { Stamp } from '../stamp.ts';
import { Kept, keep, letAllGo, letGo } from './kept-reactions.ts';

/** A promise as the hooks see it. */
export type Hooked = object;

/** The promise whose settling lets a reaction run. Cut when it runs: a chain of promises must not keep its own past. */
class Link extends Stamp {
  // One field for both: a promise has room for three, and the attribution takes two.
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
    if (!(#parent in reaction)) return undefined;
    const parent = reaction.#parent;
    if (parent === undefined) return undefined;
    reaction.#parent = undefined;
    if (!(parent instanceof Kept)) return parent;
    letGo(parent);
    return parent.parent;
  }
}

/** Who is told of the reactions of promises while it follows them. None of these may throw. */
export interface Follower {
  /** A promise was made; with a parent it is what runs when the parent has settled. */
  created(promise: Hooked, parent: Hooked | undefined): void;
  /** The reaction of this promise begins. */
  begins(promise: Hooked, parent: Hooked | undefined): void;
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
  if (needed === 'off') letAllGo();
  const before = stop;
  stop = needed === 'off' ? null : (promiseHooks.createHook(needed === 'all' ? ALL : LINKS) as unknown as () => void);
  before?.();
}

/** Says which promise a reaction waits for, where the engine does not. */
export function linkTo(promise: Hooked, parent: Hooked): void {
  if (level !== 'off' && !Link.has(promise)) new Link(promise, parent);
}

function link(promise: Hooked, parent: Hooked | undefined): void {
  if (parent === undefined) return;
  new Link(promise, keep(promise, parent) ?? parent);
}

function created(promise: Hooked, parent: Hooked | undefined): void {
  link(promise, parent);
  for (let i = 0; i < followers.length; i++) (followers[i] as Follower).created(promise, parent);
}

/** True while a function of the program makes a reaction by `await`, not by `then` or something that calls it. */
export function isAwaitNow(): boolean {
  return isCalledByProgram(created);
}

/** True while what has called this function is code in a file, not a function of the engine such as `Promise.race`. */
export function isCalledByProgram(called: object): boolean {
  const holder: { stack?: string } = {};
  captureStack(holder, called, 1);
  const [, caller = '(<anonymous>)'] = (holder.stack ?? '').split('\n', 2);
  return !caller.trimEnd().endsWith('(<anonymous>)');
}

function begins(promise: Hooked): void {
  const parent = Link.cut(promise);
  for (let i = 0; i < followers.length; i++) (followers[i] as Follower).begins(promise, parent);
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
