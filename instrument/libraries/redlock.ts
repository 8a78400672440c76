import type { HowMuch } from '../../src/core/vocabulary.ts';
import { trackByFirstUse } from '../first-use.ts';
import { patchClass } from '../patches/class-patch.ts';
import { legible, optionOf } from '../patches/passed-options.ts';
import { standIn } from '../patches/stand-in.ts';
import { Claim } from '../shapes/claim.ts';
import { howOf } from '../shapes/how.ts';
import { KeyedObjects } from '../shapes/keyed-objects.ts';
import type { LibraryAdapter } from './adapter.ts';

const ACQUIRE = howOf('acquire', 'release');

const METHODS = ['acquire', 'lock', 'using', 'acquireWithOptions', 'lockWithOptions'];

/** What is given out: `value` stays the same when the lock is extended. */
interface Lock {
  readonly value: string;
}

type Method = (this: object, ...args: unknown[]) => unknown;

/** Version 4 goes through `_lock` and `unlock`, with promises of bluebird; version 5 through `acquire` and `release`. */
interface Redlock {
  _lock?: Method;
  unlock?: Method;
  acquire: Method;
  release: Method;
}

/**
 * redlock 4 and 5. Each resource is an instance of the class of its Redlock; several are taken at once or not at all. A
 * lock ends by itself after some time, so what waits for it is taken to wait for that long at most.
 */
export const redlock: LibraryAdapter = {
  name: 'redlock',
  versions: '>=4.0.0 <6.0.0',
  patch,
};

/** The fork of redlock 5 that is kept up. */
export const sesamecareRedlock: LibraryAdapter = {
  name: '@sesamecare-oss/redlock',
  versions: '>=1.0.0 <2.0.0',
  patch,
};

function patch(exports: Readonly<Record<string, unknown>>): (() => void) | null {
  const made = typeof exports === 'function' ? exports : (exports['default'] ?? exports['Redlock']);
  return patchClass<Redlock>(made, 'acquire', (prototype) => new RedlockPatch().apply(prototype), ['release']);
}

class RedlockPatch {
  readonly #keys = new WeakMap<object, KeyedObjects>();
  readonly #held = new Map<string, readonly Claim[]>();

  apply(prototype: Redlock): () => void {
    const { _lock, unlock, acquire, release } = prototype;
    if (_lock !== undefined && unlock !== undefined) {
      prototype._lock = standIn(_lock, (self, args) => this.#lockOfFour(self as object, _lock, args));
      // `release` is the same function.
      prototype.unlock = standIn(unlock, (self, args) => this.#release(self as object, unlock, args));
      prototype.release = prototype.unlock;
    } else {
      prototype.acquire = standIn(acquire, (self, args) => {
        const [first, others] = this.#claims(self as object, args[0], args[1]);
        const promise = Reflect.apply(acquire, self, args) as Promise<unknown>;
        return first.grantedBy(promise, (lock) => this.#lend(lock as Lock, first, others));
      });
      prototype.release = standIn(release, (self, args) => this.#release(self as object, release, args));
    }
    const isFour = _lock !== undefined && unlock !== undefined;
    return () => void Object.assign(prototype, { acquire, release, ...(isFour ? { _lock, unlock } : {}) });
  }

  #lockOfFour(self: object, original: Method, args: unknown[]): unknown {
    const [resource, value, ttl, ...rest] = args;
    if (value !== null) return Reflect.apply(original, self, args);
    const [first, others] = this.#claims(self, resource, ttl);
    const at = rest.findIndex((arg) => typeof arg === 'function');
    if (at >= 0) {
      const callback = rest[at] as Method;
      rest[at] = standIn(callback, (of, results) => {
        if (results[0] != null) first.refuse('timed-out');
        else this.#lend(results[1] as Lock, first, others);
        return first.resume(() => Reflect.apply(callback, of, results));
      });
      return Reflect.apply(original, self, [resource, value, ttl, ...rest]);
    }
    const promise = Reflect.apply(original, self, args) as PromiseLike<unknown>;
    return first.grantedThrough(promise, (lock) => this.#lend(lock as Lock, first, others));
  }

  /** All are waited for before any is held: they are taken together. */
  #lend(lock: Lock, first: Claim, others: readonly Claim[]): void {
    for (const claim of [first, ...others]) claim.fire();
    for (const claim of [first, ...others]) claim.grant();
    this.#held.set(lock.value, [first, ...others]);
  }

  #release(self: object, original: Method, args: unknown[]): unknown {
    const value = optionOf(args[0], 'value') as string;
    for (const claim of this.#held.get(value) ?? []) claim.release();
    this.#held.delete(value);
    return Reflect.apply(original, self, args);
  }

  #claims(self: object, resources: unknown, ttl: unknown): readonly [Claim, readonly Claim[]] {
    const keys = this.#keysOf(self);
    const more: HowMuch = { timeoutMs: legible(() => Number(ttl)) ?? Number.NaN };
    const all = (Array.isArray(resources) ? resources : [resources]).map(
      (key) => new Claim(keys.of(key), ACQUIRE, more),
    );
    for (const claim of all) claim.sleep();
    const [first = new Claim(null, ACQUIRE), ...others] = all;
    first.accompany(others);
    return [first, others];
  }

  #keysOf(self: object): KeyedObjects {
    const met = this.#keys.get(self);
    if (met !== undefined) return met;
    const owner = trackByFirstUse('Redlock', 1, METHODS);
    const keys = new KeyedObjects(owner);
    if (owner !== null) this.#keys.set(self, keys);
    return keys;
  }
}
