import * as hooks from '../../src/sync/hooks.ts';
import type { Callable } from '../libraries/adapter.ts';
import { applied } from '../patches/applied.ts';
import { standIn } from '../patches/stand-in.ts';
import type { Claim } from '../shapes/claim.ts';
import type { SectionCall } from '../shapes/section-call.ts';
import { type PatchedShape, patchedShape } from '../shapes/shape-patch.ts';
import type { OwnLock } from './own-lock.ts';
import { OwnScope, shapeOf, type WaitEnds } from './own-scope.ts';
import { bound, tickets } from './own-tickets.ts';

/** What the marked text of a program calls. */
interface OwnLocks {
  /** A class that is a lock, as soon as it has its methods. */
  adopt(made: { readonly prototype: object }, lock: OwnLock, capacity: (o: never) => unknown, limits?: WaitEnds): void;
  /** An object that is one, with functions of its own, when it has got them. */
  adoptOne(made: object, lock: OwnLock, capacity: (o: never) => unknown, limits?: WaitEnds): void;
  /** The same for one that is written out. @returns it */
  literal<O extends object>(made: O, lock: OwnLock, capacity: (o: never) => unknown, limits?: WaitEnds): O;
  /** Functions that remember something together. `bindings` read and replace those of a module. */
  scope(
    lock: OwnLock,
    capacity: (o: never) => unknown,
    bindings: Readonly<Record<string, Binding>>,
    limits?: WaitEnds,
  ): OwnScope | undefined;
  /** One of them. */
  part(scope: OwnScope | undefined, name: string, fn: unknown): unknown;
  /** The same for one that gets no name where it stands. */
  exported(scope: OwnScope | undefined, name: string, fn: unknown): unknown;
  /** A function of them, or an object that has them. */
  given(scope: OwnScope | undefined, what: unknown): unknown;
  /** For the resolve function of who waits: what it is called with is a ticket. */
  granting(self: object | undefined, resolve: unknown): unknown;
  /** For the resolve function that is the ticket. */
  releasing(self: object | undefined, resolve: unknown): unknown;
  /** For a function that is given to who has waited. */
  ticket(self: object | undefined, what: unknown): unknown;
  /** A call of a function that says itself when it asks for the lock, has it, and gives it back. */
  section(self: object | undefined): SectionCall | null;
  /** For the function that such a call has put into the line. */
  inTurn(call: SectionCall | null | undefined, task: unknown): unknown;
}

type Binding = readonly [read: () => unknown, replace: (fn: unknown) => void];

const OWN = Symbol.for('dept.own');
const adopted = new WeakMap<object, PatchedShape>();
/**
 * Watches the locks of the program's own, which announce themselves from now on. They go on to do so when nothing is installed, so what is
 * made meanwhile is watched by the next installation.
 */
export function watchOwnLocks(): void {
  // Seen by nobody who looks through what is global.
  Object.defineProperty(globalThis, OWN, { value: OWN_LOCKS, configurable: true, enumerable: false, writable: true });
}

/** Who says himself what the methods of an object do knows it better. */
export function disown(target: object): void {
  for (const made of [target, Object.getPrototypeOf(target) as object | null]) {
    if (made === null) continue;
    adopted.get(made)?.restore();
    adopted.delete(made);
  }
}

const OWN_LOCKS: OwnLocks = Object.freeze({
  adopt: ({ prototype }, lock, capacity, limits) => adopt(prototype, lock, capacity, limits),
  adoptOne: adopt,
  literal: (made, lock, capacity, limits) => {
    adopt(made, lock, capacity, limits);
    return made;
  },
  scope: (lock, capacity, bindings, limits) => {
    try {
      const scope = new OwnScope(lock, capacity, limits);
      for (const [name, [read, replace]] of Object.entries(bindings)) replace(scope.part(name, read()));
      return scope;
    } catch {
      return undefined;
    }
  },
  part: (scope, name, fn) => {
    // A constant gives its name to the function that it is made with, and a call comes between.
    if (typeof fn === 'function' && fn.name === '')
      Object.defineProperty(fn, 'name', { value: name, configurable: true });
    return scope?.part(name, fn) ?? fn;
  },
  exported: (scope, name, fn) => scope?.part(name, fn) ?? fn,
  given: (scope, what) => scope?.given(what) ?? what,
  granting: (self, resolve) => {
    if (typeof resolve !== 'function' || hooks.activeSession() === null) return resolve;
    return standIn(resolve, (of, args) => {
      if (typeof args[0] === 'function') args[0] = ticket(self, args[0]);
      return applied(resolve as Callable, of, args);
    });
  },
  releasing: (self, resolve) => {
    const claim = self === undefined ? null : (patchOf(self)?.asked ?? null);
    if (typeof resolve !== 'function' || claim === null) return ticket(self, resolve);
    bound.add(claim);
    const made = standIn(resolve, (of, args) => {
      claim.release();
      return hooks.quietly(() => applied(resolve as Callable, of, args));
    });
    tickets.add(made);
    return made;
  },
  ticket,
  section: (self) => (self === undefined ? null : (patchOf(self)?.sections.begun() ?? null)),
  inTurn: (call, task) => (typeof task === 'function' ? (call?.inTurn(task as Callable) ?? task) : task),
} satisfies OwnLocks);

function adopt(made: object, lock: OwnLock, capacity: (o: never) => unknown, limits?: WaitEnds): void {
  try {
    const patched = patchedShape(made, shapeOf(lock, capacity, limits));
    if (patched !== null) adopted.set(made, patched);
  } catch {
    // One that cannot be patched is left alone.
  }
}

function ticket(self: object | undefined, what: unknown): unknown {
  if (typeof what !== 'function' || hooks.activeSession() === null) return what;
  const made = standIn(what, (of, args) => {
    if (self !== undefined) takenBack(self, made)?.release();
    return hooks.quietly(() => applied(what as Callable, of, args));
  });
  tickets.add(made);
  return made;
}

function takenBack(self: object, made: unknown): Claim | null {
  const lender = self instanceof OwnScope ? self.holder : self;
  return patchOf(self)?.lentBy(lender).take(made) ?? null;
}

function patchOf(self: object): PatchedShape | null {
  if (self instanceof OwnScope) return self.patched;
  for (let at: object | null = self; at !== null; at = Object.getPrototypeOf(at) as object | null) {
    const patched = adopted.get(at);
    if (patched !== undefined) return patched;
  }
  return null;
}
