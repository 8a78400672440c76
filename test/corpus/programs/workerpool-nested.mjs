// workerpool-nested [hang] (workerpool) - a task waits for a sub-task of the same pool (1 worker)
import { MessageChannel } from 'node:worker_threads';
import { fileURLToPath } from 'node:url';
import workerpool from 'workerpool';

const script = fileURLToPath(new URL('./_workerpool-worker.mjs', import.meta.url));
const pool = workerpool.pool(script, { maxWorkers: 1, workerType: 'thread' });
const leafPool = pool;

// a page asks the main thread to run a leaf, and waits for the answer
const { port1, port2 } = new MessageChannel();
port1.on('message', async () => { port1.postMessage(await leafPool.exec('leaf', [])); port1.close(); });

console.log('done', await pool.exec('page', [port2], { transfer: [port2] }));
await pool.terminate();
await leafPool.terminate();
