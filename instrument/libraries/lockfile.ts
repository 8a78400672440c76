import { resolve } from 'node:path';
import { isObject } from '../../src/core/thenable.ts';
import type { HowMuch } from '../../src/core/vocabulary.ts';
import { applied } from '../patches/applied.ts';
import { restoreAll } from '../patches/class-patch.ts';
import { numberOf } from '../patches/passed-options.ts';
import { replaced } from '../patches/replaced.ts';
import { standIn } from '../patches/stand-in.ts';
import { Claim } from '../shapes/claim.ts';
import { hasMethods } from '../shapes/has-methods.ts';
import { howOf } from '../shapes/how.ts';
import { LockedFiles } from '../shapes/locked-files.ts';
import type { Callable, LibraryAdapter } from './adapter.ts';

const LOCK = howOf('lock', 'unlock');
const TRY_LOCK = howOf('lock', 'unlock', { trylock: true });
const LOCK_SYNC = howOf('lockSync', 'unlockSync', { trylock: true });

/**
 * The options of the calls under way: the package hands them on to each call that it makes itself, also when dept has been installed
 * anew meanwhile.
 */
const underWay = new WeakSet<object>();

type Method = (this: unknown, path: unknown, ...rest: unknown[]) => unknown;
type LockFile = Record<'lock' | 'lockSync' | 'unlock' | 'unlockSync', Method>;

/**
 * lockfile 1. Who waits for a file asks again and again, through the exported functions: those calls are part of the first one.
 * Other processes are not seen.
 */
export const lockfile: LibraryAdapter = {
  name: 'lockfile',
  versions: '>=1.0.0 <2.0.0',
  patch: (exports) =>
    hasMethods(exports, ['lock', 'lockSync', 'unlock', 'unlockSync']) ? patch(exports as unknown as LockFile) : null,
};

function patch(exports: LockFile): (() => void) | null {
  const files = new LockedFiles();
  const locking = (lock: Method): Method =>
    standIn(lock, (self, args) => {
      const call = (): unknown => applied(lock as Callable, self, args);
      const options = args.length > 2 ? args[1] : {};
      const callback = args.at(-1);
      const [file] = args;
      if (typeof file !== 'string' || typeof callback !== 'function' || !isObject(options) || underWay.has(options)) {
        return call();
      }
      const own = new Proxy(options, {});
      underWay.add(own);
      const path = resolve(file);
      const budget = budgetOf(options);
      const claim = budget === null ? null : new Claim(files.object(path), LOCK, budget);
      claim?.sleep();
      const called = standIn(callback, (of, results) => {
        const goOn = (): unknown => applied(callback as Callable, of, results);
        if (claim === null) {
          if (results[0] == null) files.lend(path, new Claim(files.object(path), TRY_LOCK));
          return goOn();
        }
        if (results[0] == null) {
          claim.grant();
          files.lend(path, claim);
        } else claim.refuse('timed-out');
        return claim.resume(goOn);
      });
      return Reflect.apply(lock, self, [file, own, called]);
    });
  const unlocking = (unlock: Method): Method =>
    standIn(unlock, (self, args) => {
      if (typeof args[0] === 'string') files.giveBack(resolve(args[0]));
      return applied(unlock as Callable, self, args);
    });
  const lockingAtOnce = (lockSync: Method): Method =>
    standIn(lockSync, (self, args) => {
      const result = applied(lockSync as Callable, self, args);
      if (typeof args[0] === 'string')
        files.lend(resolve(args[0]), new Claim(files.object(resolve(args[0])), LOCK_SYNC));
      return result;
    });
  return restoreAll([
    replaced(exports, 'lock', locking as never),
    replaced(exports, 'lockSync', lockingAtOnce as never),
    replaced(exports, 'unlock', unlocking as never),
    replaced(exports, 'unlockSync', unlocking as never),
  ]);
}

/** How long a call waits at most, for a lock that is stale after some time too; null when it does not wait. */
function budgetOf(options: object): HowMuch | null {
  const positive = (name: string): number => Math.max(numberOf(options, name) ?? 0, 0);
  const [wait, retries] = [positive('wait'), positive('retries')];
  const timeoutMs = retries === 0 ? wait : wait + retries * (wait + positive('retryWait'));
  if (timeoutMs === 0) return null;
  const least = Math.min(timeoutMs, positive('stale') || Infinity);
  return Number.isFinite(least) ? { timeoutMs: least } : {};
}
