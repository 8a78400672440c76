import type { EventContext } from '../../src/core/event-context.ts';
import { defineHow } from '../../src/core/how.ts';
import type { TrackedObject } from '../../src/core/tracked-object.ts';
import type { How } from '../../src/core/vocabulary.ts';
import * as hooks from '../../src/sync/hooks.ts';
import { legible } from '../patches/passed-options.ts';
import { replaced } from '../patches/replaced.ts';
import { dressed, standIn } from '../patches/stand-in.ts';
import { Claim } from '../shapes/claim.ts';
import { KeyedObjects } from '../shapes/keyed-objects.ts';
import { isTimeout, signalTimeout } from './signal-timeouts.ts';

const LABELS = { startLabel: 'request', waitLabel: 'request', eventLabel: 'settle', structured: true };
const EXCLUSIVE = defineHow(LABELS);
const SHARED = defineHow({ ...LABELS, mode: 'read' });
// Whoever may give up waits for nobody for ever.
const ABORTABLE_EXCLUSIVE = defineHow(LABELS);
const ABORTABLE_SHARED = defineHow({ ...LABELS, mode: 'read' });
const TRY_EXCLUSIVE = defineHow({ ...LABELS, trylock: true });
const TRY_SHARED = defineHow({ ...LABELS, mode: 'read', trylock: true });

/** Names that are classes of their own; one that comes later is an instance of a class that they share. */
const MAX_NAMES = 256;

type Callback = (lock: object | null) => unknown;

interface LockOptions {
  readonly mode?: string | undefined;
  readonly ifAvailable?: boolean | undefined;
  readonly steal?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

interface LockManager {
  request(name: unknown, options: unknown, callback?: unknown): Promise<unknown>;
}

/** Watches `navigator.locks`, once the program looks at it; a no-op where there is none. @returns what ends that */
export function watchWebLocks(): () => void {
  const undo: (() => void)[] = [];
  const objects = new LockNames();
  undo.push(
    onFirstRead(globalThis, 'navigator', (navigator) => {
      const prototype = Object.getPrototypeOf(navigator) as object;
      undo.push(
        onFirstRead(prototype, 'locks', (locks) => {
          undo.push(watchManager(Object.getPrototypeOf(locks) as LockManager, objects));
        }),
      );
    }),
  );
  return () => {
    for (const restore of undo.splice(0).reverse()) restore();
  };
}

/** Looks at a value that Node makes when it is asked for, without asking for it. */
function onFirstRead(owner: object, name: string, see: (value: object) => void): () => void {
  const descriptor = Object.getOwnPropertyDescriptor(owner, name);
  const original = descriptor?.get;
  if (descriptor === undefined || original === undefined || descriptor.configurable !== true) return () => undefined;
  let isSeen = false;
  const get = dressed(function get(this: unknown): unknown {
    const value = Reflect.apply(original, this, []) as unknown;
    if (!isSeen && typeof value === 'object' && value !== null) {
      isSeen = true;
      see(value);
    }
    return value;
  }, original);
  Object.defineProperty(owner, name, { ...descriptor, get });
  return () => {
    if (Object.getOwnPropertyDescriptor(owner, name)?.get === get) Object.defineProperty(owner, name, descriptor);
  };
}

function watchManager(prototype: LockManager, objects: LockNames): () => void {
  return replaced(prototype, 'request', (original) => {
    return {
      request(this: LockManager, ...args: [name: unknown, options: unknown, callback?: unknown]) {
        const [name, given, callback] = args[2] === undefined ? [args[0], undefined, args[1]] : args;
        const options = optionsOf(given);
        if (!isRequest(name, options, callback)) return Reflect.apply(original, this, args);
        const object = objects.of(name);
        const run = (task: unknown): Promise<unknown> => {
          const passed = args[2] === undefined ? [name, task] : [name, given, task];
          return Reflect.apply(original, this, passed as Parameters<typeof original>) as Promise<unknown>;
        };
        return requested(object, options as LockOptions, callback as Callback, run);
      },
    }.request;
  });
}

/** Read once; undefined for what cannot be read. */
function optionsOf(given: unknown): LockOptions | undefined {
  if (given === undefined) return {};
  if (typeof given !== 'object' || given === null) return undefined;
  return legible(() => {
    const { mode, ifAvailable, steal, signal } = given as LockOptions;
    return { mode, ifAvailable, steal, signal };
  });
}

/** What Node refuses never waits. */
function isRequest(name: unknown, options: LockOptions | undefined, callback: unknown): name is string {
  if (typeof name !== 'string' || name.startsWith('-') || typeof callback !== 'function' || options === undefined)
    return false;
  const { mode = 'exclusive', signal } = options;
  return (mode === 'exclusive' || mode === 'shared') && (signal === undefined || signal instanceof AbortSignal);
}

function requested(
  object: TrackedObject | null,
  { mode, ifAvailable, steal, signal }: LockOptions,
  callback: Callback,
  run: (task: Callback) => Promise<unknown>,
): Promise<unknown> {
  const isShared = mode === 'shared';
  // Neither waits: one is told that there is no lock, the other takes it away.
  if (ifAvailable === true || steal === true) return run(trying(object, isShared, callback));
  const timeoutMs = signalTimeout(signal);
  const claim = new Claim(
    object,
    howOf(isShared, signal !== undefined),
    timeoutMs === undefined ? null : { timeoutMs },
  );
  const promise = run(claim.whileRunning(callback));
  claim.sleep();
  // Only what can be aborted may be rejected before its turn.
  if (signal === undefined) return claim.follow(promise);
  return claim.refusedBy(promise, (reason) => claim.refuse(isTimeout(reason) ? 'timed-out' : 'cancelled'));
}

function howOf(isShared: boolean, isAbortable: boolean): How {
  if (isAbortable) return isShared ? ABORTABLE_SHARED : ABORTABLE_EXCLUSIVE;
  return isShared ? SHARED : EXCLUSIVE;
}

/** True for the wait for a lock that was asked for with a signal. */
export function mayBeAborted(how: How): boolean {
  return how === ABORTABLE_EXCLUSIVE || how === ABORTABLE_SHARED;
}

/** A lock that is held while the callback runs, if there was one to be had. */
function trying(object: TrackedObject | null, isShared: boolean, callback: Callback): Callback {
  return standIn(callback, (self, args) => {
    const [lock] = args as Parameters<Callback>;
    const held = lock === null ? null : hooks.enter(object, isShared ? TRY_SHARED : TRY_EXCLUSIVE);
    try {
      return untilSettled(Reflect.apply(callback, self, args as Parameters<Callback>), held);
    } catch (error) {
      hooks.exit(held);
      throw error;
    }
  });
}

function untilSettled(result: unknown, held: EventContext | null): unknown {
  const end = (): void => hooks.exit(held);
  if (result instanceof Promise) void Promise.prototype.then.call(result, end, end);
  else end();
  return result;
}

/** A lock is its name: everywhere in the program, and in its workers. */
class LockNames {
  readonly #objects = new Map<string, TrackedObject | null>();
  #others: KeyedObjects | null = null;

  of(name: string): TrackedObject | null {
    const known = this.#objects.get(name);
    if (known !== undefined) return known;
    if (this.#objects.size >= MAX_NAMES) {
      this.#others ??= new KeyedObjects(hooks.track({ kind: 'web-lock', name: 'navigator.locks' }));
      return this.#others.of(name);
    }
    const object = hooks.track({ kind: 'web-lock', name });
    this.#objects.set(name, object);
    return object;
  }
}
