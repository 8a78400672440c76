import { isObject } from '../../src/core/thenable.ts';
import * as hooks from '../../src/sync/hooks.ts';
import type { Callable } from '../libraries/adapter.ts';
import { applied } from '../patches/applied.ts';
import { standIn } from '../patches/stand-in.ts';
import type { Claim } from './claim.ts';

/** What one lock or pool has given out, and the claim that each thing belongs to. */
export class Lent {
  readonly #claims = new Map<object, Claim[]>();

  /** An object was given out that will be given back to the pool. Anything else has no identity. */
  give(claim: Claim, what: unknown): void {
    if (!isObject(what)) return;
    claim.lent = what;
    const open = this.#claims.get(what);
    if (open === undefined) this.#claims.set(what, [claim]);
    else open.push(claim);
  }

  /** The claim of what is given back, which is forgotten; null for what was not given out here. */
  take(what: unknown): Claim | null {
    if (!isObject(what)) return null;
    const open = this.#claims.get(what);
    const claim = open?.pop() ?? null;
    if (open?.length === 0) this.#claims.delete(what);
    return claim;
  }
}

/** The function to hand out in place of one that gives the claim back. */
export function releasing<F extends Callable>(claim: Claim, release: F): F {
  return standIn(release, (self, args) => {
    claim.release();
    return hooks.quietly(() => applied(release, self, args));
  });
}

/** Patches the method by which a resource gives itself back, until it is called. @returns whether that can be seen */
export function releasingMethod(claim: Pick<Claim, 'release'>, resource: unknown, method: PropertyKey): boolean {
  if (!isObject(resource)) return false;
  const target = resource as Record<PropertyKey, unknown>;
  const original = target[method];
  const own = Object.getOwnPropertyDescriptor(target, method);
  const isFixed = own === undefined ? !Object.isExtensible(target) : !own.configurable;
  if (typeof original !== 'function' || isFixed) return false;
  const value = standIn(original, (self, args) => {
    if (target[method] === value) {
      if (own === undefined) delete target[method];
      else Object.defineProperty(target, method, own);
    }
    claim.release();
    return hooks.quietly(() => applied(original as Callable, self, args));
  });
  Object.defineProperty(target, method, {
    value,
    writable: true,
    configurable: true,
    enumerable: own?.enumerable ?? false,
  });
  return true;
}
