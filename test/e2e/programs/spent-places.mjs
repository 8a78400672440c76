// Two locks in two orders. One order is taken so often that nothing is new about it, and then both meet.
import { setTimeout as sleep } from 'node:timers/promises';
import { Mutex } from 'async-mutex';

const [stock, ledger] = [new Mutex(), new Mutex()];

async function sell(pause) {
  const release = await stock.acquire();
  if (pause > 0) await sleep(pause);
  await enter();
  release();
}

async function enter() {
  await ledger.runExclusive(() => undefined);
}

async function close() {
  const release = await ledger.acquire();
  await sleep(5);
  await stock.runExclusive(() => undefined);
  release();
}

for (let day = 0; day < 100; day++) await sell(0);
console.log('open');
setInterval(() => undefined, 1_000);
await Promise.all([sell(5), close()]);
