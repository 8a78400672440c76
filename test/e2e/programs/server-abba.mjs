// Two requests in a deadlock; nothing but the listening socket keeps the program alive.
import { createServer } from 'node:net';
import { Mutex } from 'async-mutex';

const stock = new Mutex();
const ledger = new Mutex();

async function both(first, second) {
  const release = await first.acquire();
  await Promise.resolve();
  await second.runExclusive(() => undefined);
  release();
}

createServer().listen(0, () => {
  void both(stock, ledger);
  void both(ledger, stock);
  console.log('stands');
});
