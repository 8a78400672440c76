// throat-nested [fixed] (throat) - a limiter of its own for the leaves
import throat from 'throat';
import { setTimeout as sleep } from 'node:timers/promises';

const limit = throat(1);
const leafLimit = throat(1);

const loadLeaf = () => leafLimit(async () => { await sleep(1); return 1; });
const loadTree = () => limit(async () => { await sleep(1); return 1 + await loadLeaf(); });

console.log('done', await loadTree());
