import { resolve } from 'node:path';
import type { HowMuch } from '../../src/core/vocabulary.ts';
import { legible, optionOf } from '../patches/passed-options.ts';
import { standIn } from '../patches/stand-in.ts';
import { Claim } from '../shapes/claim.ts';
import { howOf } from '../shapes/how.ts';
import { LockedFiles } from '../shapes/locked-files.ts';
import type { LibraryAdapter } from './adapter.ts';

const LOCK = howOf('lock', 'release');
const TRY_LOCK = howOf('lock', 'release', { trylock: true });

interface Retries {
  readonly retries?: number;
  readonly factor?: number;
  readonly minTimeout?: number;
  readonly maxTimeout?: number;
  readonly forever?: boolean;
}

interface Options {
  readonly lockfilePath?: string;
  readonly retries?: number | Retries;
}

type Callback = (error: unknown, release?: Release) => unknown;
type Release = (callback?: unknown) => unknown;

interface LockFile {
  lock(file: string, options: Options | undefined, callback: Callback): unknown;
  unlock(file: string, options: Options | undefined, callback: unknown): unknown;
}

/** proper-lockfile 3 and 4. Other processes are not seen. */
export const properLockfile: LibraryAdapter = {
  name: 'proper-lockfile',
  versions: '>=3.0.0 <5.0.0',
  patch(exports, _rebind, file) {
    // The other modules go through this one.
    if (file !== 'lib/lockfile.js') return file === '' || typeof exports !== 'function' ? null : () => undefined;
    const functions = exports as unknown as LockFile;
    return typeof functions.lock === 'function' && typeof functions.unlock === 'function' ? patch(functions) : null;
  },
};

function patch(exports: LockFile): () => void {
  const { lock, unlock } = exports;
  const files = new LockedFiles();
  exports.lock = standIn(lock, (self, args) => {
    const [file, options, callback] = args as Parameters<LockFile['lock']>;
    const at = optionOf(options, 'lockfilePath') ?? file;
    // What it says to that is its own.
    if (typeof at !== 'string' || typeof callback !== 'function') return Reflect.apply(lock, self, args as never);
    const path = resolve(at);
    const budget = legible(() => budgetOf(options?.retries)) ?? null;
    if (budget === null) return Reflect.apply(lock, self, [file, options, trying(files, path, callback)]);
    const claim = new Claim(files.object(path), LOCK, budget);
    let isSync = true;
    const called = standIn(callback, (of, [error, release]) => {
      if (error != null) {
        claim.refuse('timed-out');
        return claim.resume(() => Reflect.apply(callback, of, [error]));
      }
      claim.grant();
      if (isSync) claim.adopt();
      const given = lend(files, path, claim, release as Release);
      return claim.resume(() => Reflect.apply(callback, of, [error, given]));
    });
    claim.sleep();
    try {
      return Reflect.apply(lock, self, [file, options, called]);
    } finally {
      isSync = false;
    }
  });
  exports.unlock = standIn(unlock, (self, args) => {
    const [file, options] = args as Parameters<LockFile['unlock']>;
    const at = optionOf(options, 'lockfilePath') ?? file;
    if (typeof at === 'string') files.giveBack(resolve(at));
    return Reflect.apply(unlock, self, args as never);
  });
  return () => void Object.assign(exports, { lock, unlock });
}

/** The function to unlock the file, which this claim has locked. */
function lend(files: LockedFiles, path: string, claim: Claim, release: Release): Release {
  files.lend(path, claim);
  return standIn(release, (self, args) => {
    files.giveBack(path, claim);
    return Reflect.apply(release, self, args as never);
  });
}

/** A call that does not retry waits for nobody: it has the lock, or an error. */
function trying(files: LockedFiles, path: string, callback: Callback): Callback {
  return standIn(callback, (self, [error, release]) => {
    if (error != null) return Reflect.apply(callback, self, [error]);
    const given = lend(files, path, new Claim(files.object(path), TRY_LOCK), release as Release);
    return Reflect.apply(callback, self, [error, given]);
  });
}

/** How long a call tries; null when it does not try again. The defaults are those of the package retry. */
function budgetOf(given: number | Retries | undefined): HowMuch | null {
  const options = typeof given === 'object' ? given : { retries: given ?? 0 };
  const { retries = 10, factor = 2, minTimeout = 1000, maxTimeout = Infinity, forever = false } = options;
  if (forever || retries === Infinity) return {};
  if (retries === 0) return null;
  let timeoutMs = 0;
  for (let i = 0; i < retries; i++) timeoutMs += Math.min(Math.max(minTimeout, 1) * factor ** i, maxTimeout);
  return { timeoutMs };
}
