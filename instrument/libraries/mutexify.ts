import { standIn } from '../patches/stand-in.ts';
import { Claim } from '../shapes/claim.ts';
import { howOf } from '../shapes/how.ts';
import { MadeObject } from '../shapes/made-object.ts';
import type { LibraryAdapter } from './adapter.ts';

const LOCK = howOf('lock', 'release');

type Release = (callback?: unknown, error?: unknown, value?: unknown) => void;

interface Lock {
  (callback: (release: Release) => void): unknown;
  readonly locked: boolean;
}

/** mutexify 1: a closure for each lock. The promise form is made of the other one. */
export const mutexify: LibraryAdapter = {
  name: 'mutexify',
  versions: '>=1.2.0 <2.0.0',
  rebinds: ['default'],
  patch(_exports, rebind, file) {
    // What `mutexify/promise` makes is made of what is replaced here.
    if (file === 'promise.js') return () => undefined;
    return rebind('default', (make: () => Lock) => () => watched(make())) ? () => undefined : null;
  },
};

function watched(lock: Lock): Lock {
  if (typeof lock !== 'function' || !('locked' in lock)) return lock;
  const made = new MadeObject('mutexify', 1);
  const acquire = (callback: (release: Release) => void): unknown => {
    if (typeof callback !== 'function') return lock(callback);
    const claim = new Claim(made.object, LOCK);
    const given = standIn(callback, (self, [release]) => {
      claim.grant();
      const giveBack = standIn(release as Release, (of, args) => {
        claim.release();
        return Reflect.apply(release as Release, of, args as never[]);
      });
      return claim.resume(() => Reflect.apply(callback, self, [giveBack]));
    });
    claim.sleep();
    return lock(given);
  };
  Object.defineProperty(acquire, 'locked', { get: () => lock.locked, enumerable: true, configurable: true });
  return acquire as Lock;
}
