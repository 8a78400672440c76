// One thread takes the locks in one order, another one in the other; `both` makes each worker do both.
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { isMainThread, Worker, workerData } from 'node:worker_threads';
import { Mutex } from 'async-mutex';

const stock = new Mutex();
const ledger = new Mutex();

async function placeOrder() {
  const release = await stock.acquire();
  await ledger.runExclusive(async () => undefined);
  release();
}
async function refundOrder() {
  const release = await ledger.acquire();
  await stock.runExclusive(async () => undefined);
  release();
}

if (isMainThread) {
  const mode = process.argv[2];
  await placeOrder();
  const workers = [1, 2].map(() => new Worker(fileURLToPath(import.meta.url), { workerData: mode, env: {} }));
  const codes = await Promise.all(workers.map((worker) => once(worker, 'exit')));
  console.log('ended well', codes.flat().join(' '));
} else {
  if (workerData === 'both') await placeOrder();
  await refundOrder();
}
