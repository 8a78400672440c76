import crypto from 'node:crypto';
import dns from 'node:dns';
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import timers from 'node:timers';
import zlib from 'node:zlib';
import { type Carry, carryThrough } from './timers.ts';

const CRYPTO = /^(random(Bytes|Fill|Int)|pbkdf2|scrypt|hkdf|generate(Key|KeyPair|Prime)|checkPrime)$/;
const DNS = /^(lookup(Service)?|resolve.*|reverse)$/;
const FS =
  /^(access|append|chmod|chown|close|copy|cp|exists|fchmod|fchown|fdata|fstat|fsync|ftrunc|futimes|lchown|link|lstat|lutimes|mkd|open|read|realpath|rename|rm|stat|symlink|truncate|unlink|utimes|write)\w*(?<!Sync|Blob)$/;
const TIMERS = /^set(Timeout|Interval|Immediate)$/;
const ZLIB = /^(un|g|gun|de|in)(flate|zip)(Raw)?$|^unzip$|^brotli\w+ss$/;

/**
 * Lets the callbacks of Node's own functions run with the history of the code that called them: they come from the event
 * loop, with no promise in between. What listens to a socket or an emitter is not a callback of this kind.
 * @returns what restores the functions
 */
export function carryThroughCallbacks(carry: Carry): () => void {
  const undo = (
    [
      [crypto, CRYPTO, 'last'],
      [dns, DNS, 'last'],
      [fs, FS, 'last'],
      [timers, TIMERS, 'first'],
      [zlib, ZLIB, 'last'],
    ] as const
  ).flatMap(([module, pattern, place]) =>
    Object.keys(module)
      .filter((name) => pattern.test(name) && typeof module[name as never] === 'function')
      .map((name) => carryThrough(module as never, name, place, carry)),
  );
  syncBuiltinESMExports();
  return () => {
    for (const restore of undo) restore();
    syncBuiltinESMExports();
  };
}
