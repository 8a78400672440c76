// Both functions hold their first lock when they ask for their second one: Node ends with an unsettled await.
import { setTimeout as sleep } from 'node:timers/promises';
import { Mutex } from 'async-mutex';

const stock = new Mutex();
const ledger = new Mutex();

async function placeOrder() {
  const release = await stock.acquire();
  await sleep(1);
  await ledger.acquire();
  release();
}

async function refundOrder() {
  const release = await ledger.acquire();
  await sleep(1);
  await stock.acquire();
  release();
}

await Promise.all([placeOrder(), refundOrder()]);
console.log('never printed');
