// Two functions in a deadlock; with onDeadlock: 'reject' one of them is refused and both end.
import { Mutex } from 'async-mutex';

const stock = new Mutex();
const ledger = new Mutex();

async function placeOrder() {
  return await stock.runExclusive(async () => await ledger.runExclusive(() => 'placed'));
}
async function refundOrder() {
  return await ledger.runExclusive(async () => await stock.runExclusive(() => 'refunded'));
}

const results = await Promise.allSettled([placeOrder(), refundOrder()]);
for (const result of results) console.log(result.status === 'fulfilled' ? result.value : result.reason.name);
