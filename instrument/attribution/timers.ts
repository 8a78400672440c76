import { dressed, isConstructor } from '../patches/stand-in.ts';

type Callback = (this: unknown, ...args: unknown[]) => unknown;
type Scheduler = (this: unknown, ...args: unknown[]) => unknown;

/** Gives back the callback, or what runs it as the code that registers it. */
export type Carry = (callback: Callback) => Callback;

/** A window, as jsdom makes one, has some of them. */
const GLOBAL_SCHEDULERS = ['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask'] as const;

/**
 * Lets callbacks of timers, microtasks and ticks run with the history of the code that registered them. Where there is
 * no history and no named context the callback is passed on untouched.
 * @returns what restores the original functions
 */
export function carryThroughTimers(carry: Carry): () => void {
  const found = GLOBAL_SCHEDULERS.filter((name) => typeof globalThis[name] === 'function');
  const undo = found.map((name) => carryThrough(globalThis as never, name, 'first', carry));
  undo.push(carryThrough(process as never, 'nextTick', 'first', carry));
  return () => {
    for (const restore of undo) restore();
  };
}

/** One replacement for each function: `timers.setTimeout` is the global one. */
const replacements = new WeakMap<Carry, WeakMap<Scheduler, Scheduler>>();

/**
 * Puts a function that carries its callback, its first argument or its last one, in the place of this one.
 * @returns what restores it
 */
export function carryThrough(
  target: Record<string, Scheduler>,
  name: string,
  place: 'first' | 'last',
  carry: Carry,
): () => void {
  const original = target[name] as Scheduler;
  const known = replacements.get(carry) ?? new WeakMap<Scheduler, Scheduler>();
  replacements.set(carry, known);
  const wrapped = known.get(original) ?? carrying(original, place, carry);
  known.set(original, wrapped);
  const descriptor = Object.getOwnPropertyDescriptor(target, name);
  Object.defineProperty(target, name, { ...descriptor, value: wrapped });
  return () => {
    if (target[name] === wrapped) Object.defineProperty(target, name, { ...descriptor, value: original });
  };
}

function carrying(original: Scheduler, place: 'first' | 'last', carry: Carry): Scheduler {
  // Called with `new`, as some programs do, it gives what the original gives: an object of its own, or the one it is called on.
  const replacement = function replacement(this: unknown, ...args: unknown[]): unknown {
    const at = place === 'first' ? 0 : args.length - 1;
    if (typeof args[at] === 'function') args[at] = carry(args[at] as Callback);
    return Reflect.apply(original, this, args);
  };
  // util.promisify finds its custom form, and tests their marks, under symbols on the function.
  return dressed(constructibleAs(original, replacement), original);
}

/** The function in the form of the original: a method cannot be called with `new`, what is bound can and has no prototype. */
function constructibleAs(original: Scheduler, replacement: Scheduler): Scheduler {
  if (Object.hasOwn(original, 'prototype')) return replacement;
  if (isConstructor(original)) return replacement.bind(undefined);
  return {
    method(this: unknown, ...args: unknown[]): unknown {
      return Reflect.apply(replacement, this, args);
    },
  }.method;
}
