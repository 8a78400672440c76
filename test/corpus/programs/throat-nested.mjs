// throat-nested [hang] (throat) - a limited function asks the same limiter again (1 at a time)
import throat from 'throat';
import { setTimeout as sleep } from 'node:timers/promises';

const limit = throat(1);
const leafLimit = limit;

const loadLeaf = () => leafLimit(async () => { await sleep(1); return 1; });
const loadTree = () => limit(async () => { await sleep(1); return 1 + await loadLeaf(); });

console.log('done', await loadTree());
