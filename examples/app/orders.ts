// A shop with two locks. Nothing hangs in this run: the refund begins when the order is done. Under load it does hang,
// and dept says so now:  npx dept run -- node orders.ts
import { setTimeout as sleep } from 'node:timers/promises';
import { Mutex } from 'async-mutex';

const stock = new Mutex();
const ledger = new Mutex();

async function placeOrder(): Promise<void> {
  await stock.runExclusive(async () => {
    await sleep(5); // reserve the item
    await ledger.runExclusive(async () => {
      await sleep(1); // book the sale
    });
  });
}

async function refundOrder(): Promise<void> {
  const release = await ledger.acquire();
  await sleep(5); // book the refund
  await stock.runExclusive(async () => {
    await sleep(1); // put the item back
  });
  release();
}

await placeOrder();
await refundOrder();
console.log('done: one order placed, one refunded');
