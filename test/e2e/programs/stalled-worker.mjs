// A worker whose top-level await is never settled.
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

const worker = new Worker(new URL('./memo-cycle.mjs', import.meta.url));
const [code] = await once(worker, 'exit');
console.log(code);
