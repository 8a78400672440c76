import type { Callable } from '../libraries/adapter.ts';
import { signalTimeout } from '../node/signal-timeouts.ts';
import { applied } from '../patches/applied.ts';
import { standIn } from '../patches/stand-in.ts';
import type { FoundShape } from '../shapes/shape.ts';
import { type PatchedShape, patchedShape } from '../shapes/shape-patch.ts';
import { functionsOf, type OwnLock } from './own-lock.ts';
import { canBeGivenBack } from './own-tickets.ts';

/** What a function is called in a text that gives it without a name. */
const CALL = 'call';

/** The functions of one lock that is no object: they share their variables. */
export class OwnScope {
  readonly #lock: OwnLock;
  readonly #capacity: (o: never) => unknown;
  readonly #limits: WaitEnds | undefined;
  readonly #originals = new Map<string, Callable>();
  /** Has them as its methods. */
  readonly holder: Record<string, Callable> = {};
  patched: PatchedShape | null = null;

  constructor(lock: OwnLock, capacity: (o: never) => unknown, limits?: WaitEnds) {
    this.#lock = lock;
    this.#capacity = capacity;
    this.#limits = limits;
  }

  part(name: string, fn: unknown): unknown {
    if (typeof fn !== 'function' || this.#originals.has(name)) return fn;
    this.#originals.set(name, fn as Callable);
    this.patched ??= this.#patch(this.#lock);
    return standIn(fn, (_self, args) => applied(this.holder[name] as Callable, this.holder, args));
  }

  given(what: unknown): unknown {
    if (typeof what === 'function') {
      const name = what.name === '' ? CALL : what.name;
      this.patched ??= this.#patch(renamed(this.#lock, name));
      return this.part(name, what);
    }
    if (typeof what !== 'object' || what === null) return what;
    const made = what as Record<string, unknown>;
    for (const name of functionsOf(this.#lock)) {
      if (typeof made[name] === 'function') made[name] = this.part(name, made[name]);
    }
    return what;
  }

  #patch(lock: OwnLock): PatchedShape | null {
    for (const name of functionsOf(lock)) {
      this.holder[name] = (...args) => applied(this.#originals.get(name) as Callable, undefined, args);
    }
    const [kindName = ''] = functionsOf(lock);
    return patchedShape(this.holder, { ...shapeOf(lock, this.#capacity, this.#limits), kindName });
  }
}

function methodOf(name: string): PropertyKey {
  if (name === '@@dispose') return Symbol.dispose;
  return name === '@@asyncDispose' ? Symbol.asyncDispose : name;
}

/** What ends a wait: milliseconds and signals, as the arguments of a call and its object say. */
export type WaitEnds = (args: readonly unknown[], self: object) => readonly unknown[];

function timeoutOf(limits: WaitEnds): (...args: never[]) => number | undefined {
  return function soonest(this: object, ...args: never[]): number | undefined {
    const times = limits(args, this).map((end) => (typeof end === 'number' ? end : signalTimeout(end)));
    // Zero is none where a program asks for it, and Infinity.
    const ends = times.filter((ms) => ms !== undefined && ms > 0 && Number.isFinite(ms)) as number[];
    return ends.length === 0 ? undefined : Math.min(...ends);
  };
}

/** With another name for what is called itself. */
function renamed(lock: OwnLock, name: string): OwnLock {
  const { acquire, run } = lock;
  return {
    ...lock,
    ...(acquire === undefined ? {} : { acquire: acquire.map((each) => (each === CALL ? name : each)) }),
    ...(run === undefined ? {} : { run: run.map((each) => (each === CALL ? name : each)) }),
  };
}

/** What the methods of an object do that is such a lock. */
export function shapeOf(lock: OwnLock, capacity: (o: never) => unknown, limits?: WaitEnds): FoundShape {
  const { acquire = [], release = [], run = [], naming = [], sections = [] } = lock;
  const { handle, taskAt, keyAt, readers, isTicket = false } = lock;
  return {
    acquire,
    release,
    run,
    naming,
    sections,
    callsBack: false,
    capacity: capacity as (target: object) => number,
    ...(handle === undefined ? {} : { releasers: handle.map(methodOf) }),
    ...(taskAt === undefined ? {} : { taskAt }),
    ...(keyAt === undefined ? {} : { key: (...args: unknown[]) => args[keyAt] }),
    ...(limits === undefined ? {} : { timeoutMs: timeoutOf(limits) }),
    ...(readers === undefined ? {} : { readers }),
    ...(isTicket ? { isTicket: canBeGivenBack } : {}),
  };
}
