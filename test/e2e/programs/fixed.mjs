// The same work in one order, and both at once.
import { setTimeout as sleep } from 'node:timers/promises';
import { Mutex } from 'async-mutex';

const stock = new Mutex();
const ledger = new Mutex();

async function takeBoth() {
  await stock.runExclusive(async () => {
    await sleep(1);
    await ledger.runExclusive(async () => undefined);
  });
}

await Promise.all([takeBoth(), takeBoth()]);
console.log('ended well');
