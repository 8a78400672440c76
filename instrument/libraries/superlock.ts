import type { HowMuch } from '../../src/core/vocabulary.ts';
import { signalTimeout } from '../node/signal-timeouts.ts';
import { standIn } from '../patches/stand-in.ts';
import { Claim } from '../shapes/claim.ts';
import { howOf } from '../shapes/how.ts';
import { releasing } from '../shapes/lent.ts';
import { MadeObject } from '../shapes/made-object.ts';
import type { Callable, LibraryAdapter } from './adapter.ts';

const LOCK = howOf('lock', 'release');
const WITH_LOCK = howOf('withLock', 'end', { structured: true });

type Lock = (...args: unknown[]) => Promise<unknown>;
type Maker = (slots?: unknown) => Lock;

/**
 * superlock 1: all closures, so the functions that make them are replaced. What `createLock` makes gives everybody the same function to
 * release it, so each has to get another one, a microtask later.
 */
export const superlock: LibraryAdapter = {
  name: 'superlock',
  versions: '>=1.3.0 <2.0.0',
  rebinds: ['withLock', 'createLock'],
  patch(_exports, rebind) {
    const found = [rebind<Maker>('withLock', making(aroundTask)), rebind<Maker>('createLock', making(untilReleased))];
    return found.includes(true) ? () => undefined : null;
  },
};

type Way = (lock: Lock, place: MadeObject) => Lock;

const making =
  (way: Way) =>
  (make: Maker): Maker =>
    standIn(make, (self, args) => {
      const lock = Reflect.apply(make, self, args as [unknown]);
      const [slots = 1] = args;
      if (typeof lock !== 'function' || typeof slots !== 'number') return lock;
      return way(lock, new MadeObject('superlock', slots));
    });

function aroundTask(lock: Lock, place: MadeObject): Lock {
  return standIn(lock, (self, args) => {
    const [task, signal] = args;
    if (typeof task !== 'function') return Reflect.apply(lock, self, args);
    const claim = new Claim(place.object, WITH_LOCK, budgetOf(signal));
    const result = Reflect.apply(lock, self, [claim.whileRunning(task as Callable), ...args.slice(1)]);
    // Who is aborted gets nothing, without an error.
    return signal == null ? claim.follow(result) : claim.heldUntil(result, () => claim.refuse('timed-out'));
  });
}

function untilReleased(lock: Lock, place: MadeObject): Lock {
  return standIn(lock, (self, args) => {
    const claim = new Claim(place.object, LOCK, budgetOf(args[0]));
    claim.sleep();
    const result = Reflect.apply(lock, self, args);
    if (!(result instanceof Promise)) {
      claim.refuse();
      return result;
    }
    const given = result.then(
      (release) => {
        if (typeof release !== 'function') {
          claim.refuse('timed-out');
          return release;
        }
        claim.grant();
        return releasing(claim, release as Callable);
      },
      (reason: unknown) => {
        claim.refuse();
        throw reason;
      },
    );
    return claim.bind(given);
  });
}

function budgetOf(signal: unknown): HowMuch | null {
  const timeoutMs = signalTimeout(signal);
  return timeoutMs === undefined ? null : { timeoutMs };
}
