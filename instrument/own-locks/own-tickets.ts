import type { Claim } from '../shapes/claim.ts';

/** Functions that give something back. */
export const tickets: WeakSet<object> = new WeakSet<object>();
/** What is given back by a resolve function, whoever calls it. */
export const bound: WeakSet<Claim> = new WeakSet<Claim>();

/** True for what somebody was given who has asked for a lock, if he is seen to give it back. */
export function canBeGivenBack(what: unknown, claim: Claim): boolean {
  return bound.has(claim) || (typeof what === 'function' && tickets.has(what));
}
