// effect-mutex-mixed [lucky] (effect) - one after the other
import { Effect } from 'effect';
import { Mutex } from 'async-mutex';
const cache = new Mutex();
const log = new Mutex();
const sleep = ms => new Promise(r => setTimeout(r, ms));
const writeLog = Effect.promise(() => log.runExclusive(() => sleep(1)));
const readCache = Effect.promise(() => cache.runExclusive(() => sleep(1)));
const put = () => cache.runExclusive(async () => { await sleep(1); await Effect.runPromise(writeLog); });
const flush = () => log.runExclusive(async () => { await sleep(1); await Effect.runPromise(readCache); });
await put(); await flush();
console.log('done');
