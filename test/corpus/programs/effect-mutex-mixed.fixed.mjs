// effect-mutex-mixed [fixed] (effect) - one order
import { Effect } from 'effect';
import { Mutex } from 'async-mutex';
const cache = new Mutex();
const log = new Mutex();
const sleep = ms => new Promise(r => setTimeout(r, ms));
const writeLog = Effect.promise(() => log.runExclusive(() => sleep(1)));
const readCache = Effect.promise(() => cache.runExclusive(() => sleep(1)));
const put = () => cache.runExclusive(async () => { await sleep(1); await Effect.runPromise(writeLog); });
const flush = () => cache.runExclusive(async () => { await sleep(1); await Effect.runPromise(writeLog); });
await Promise.all([put(), flush()]);
console.log('done');
