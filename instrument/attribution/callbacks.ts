import { type BuiltinPatch, whenLoaded } from '../node/builtins.ts';
import { type Carry, carryThrough } from './timers.ts';

const CHILD_PROCESS = /^exec(File)?$/;
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
  const through =
    (pattern: RegExp, place: 'first' | 'last'): BuiltinPatch =>
    (exports: Record<string, never>) => {
      const undo = Object.keys(exports)
        .filter((name) => pattern.test(name) && typeof exports[name] === 'function')
        .map((name) => carryThrough(exports, name, place, carry));
      return () => {
        for (const restore of undo) restore();
      };
    };
  return whenLoaded({
    child_process: through(CHILD_PROCESS, 'last'),
    crypto: through(CRYPTO, 'last'),
    dns: through(DNS, 'last'),
    fs: through(FS, 'last'),
    timers: through(TIMERS, 'first'),
    zlib: through(ZLIB, 'last'),
  });
}
