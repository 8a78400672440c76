// A worker in which somebody waits for ever; the main thread waits for its end.
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

const worker = new Worker(new URL('./held-forever.mjs', import.meta.url));
await once(worker, 'exit');
