import type { How } from '../../src/core/vocabulary.ts';
import { applied } from '../patches/applied.ts';
import { legible, numberOf, optionOf } from '../patches/passed-options.ts';
import { standIn } from '../patches/stand-in.ts';
import { Claim } from '../shapes/claim.ts';
import { hasMethods } from '../shapes/has-methods.ts';
import { howOf } from '../shapes/how.ts';
import { KeyedObjects } from '../shapes/keyed-objects.ts';
import { releasing } from '../shapes/lent.ts';
import { MadeObject } from '../shapes/made-object.ts';
import type { Callable, LibraryAdapter } from './adapter.ts';

/** What each method is called, and how it waits: a reader stands behind the writers that came before it. */
const METHODS = {
  readLock: howOf('readLock', 'release', { mode: 'read' }),
  writeLock: howOf('writeLock', 'release'),
} as const;

interface Options {
  readonly timeout?: number;
  readonly timeoutCallback?: Callable;
}

type Locking = (...args: unknown[]) => unknown;

/** Calls back with the way to release, its `async` form with an error that never is before that. */
interface Methods {
  readLock: Locking;
  writeLock: Locking;
}

interface ReadWriteLock extends Methods {
  readonly async: Methods;
}

type Maker = new () => ReadWriteLock;

/** rwlock 5: an object with methods of its own, a lock by itself and one for each key. */
export const rwlock: LibraryAdapter = {
  name: 'rwlock',
  versions: '>=5.0.0 <6.0.0',
  rebinds: ['default'],
  patch(_exports, rebind) {
    const watchedMaker = (make: Maker): Maker => {
      return new Proxy(make, {
        construct: (target, args, newTarget) => watched(Reflect.construct(target, args, newTarget) as ReadWriteLock),
      });
    };
    return rebind('default', watchedMaker) ? () => undefined : null;
  },
};

function watched(lock: ReadWriteLock): ReadWriteLock {
  if (!hasMethods(lock, Object.keys(METHODS)) || !hasMethods(lock.async, Object.keys(METHODS))) return lock;
  const locks = new Locks();
  for (const [name, how] of Object.entries(METHODS) as [keyof Methods, How][]) {
    lock[name] = locks.watched(lock[name], how, 0);
    lock.async[name] = locks.watched(lock.async[name], how, 1);
  }
  return lock;
}

/** The lock that an instance is, and those of its keys. */
class Locks {
  readonly #made = new MadeObject('rwlock', 1, 'async-rwlock');
  #keys: KeyedObjects | null = null;

  /** @param at which argument of the callback is the way to release */
  watched(method: Locking, how: How, at: number): Locking {
    return standIn(method, (self, args) => {
      const first = args.findIndex((arg) => typeof arg === 'function');
      const object = this.#made.object;
      if (first < 0 || first > 1 || object === null) return Reflect.apply(method, self, args);
      this.#keys ??= new KeyedObjects(object);
      const options = args[first + 1];
      const timeoutMs = numberOf(options, 'timeout');
      const more = timeoutMs === undefined ? null : { timeoutMs };
      const claim = new Claim(first === 0 ? object : this.#keys.of(args[0]), how, more);
      claim.sleep();
      const changed = args.with(first, given(claim, args[first] as Callable, at));
      if (more !== null) {
        const timeoutCallback = givingUp(claim, optionOf(options, 'timeoutCallback') as Options['timeoutCallback']);
        changed[first + 1] = legible(() => ({ ...(options as Options), timeoutCallback })) ?? options;
      }
      return Reflect.apply(method, self, changed);
    });
  }
}

function given(claim: Claim, callback: Callable, at: number): Callable {
  return standIn(callback, (self, args) => {
    claim.grant();
    args[at] = releasing(claim, args[at] as Callable);
    return claim.resume(() => applied(callback, self, args));
  });
}

/** Called when the time is over, whether the program wants to know or not. */
function givingUp(claim: Claim, callback: Callable | null = null): Callable {
  return function gaveUp(this: unknown, ...args): unknown {
    claim.refuse('timed-out');
    return callback === null ? undefined : claim.resume(() => applied(callback, this, args));
  };
}
