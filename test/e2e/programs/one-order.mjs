// Takes two locks in the order its argument names: place, refund, both, or both under a lock around them (gated).
// `children` forks the first two and takes none itself.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Mutex } from 'async-mutex';

const gate = new Mutex();
const stock = new Mutex();
const ledger = new Mutex();

async function place() {
  const release = await stock.acquire();
  await ledger.runExclusive(async () => undefined);
  release();
}

async function refund() {
  const release = await ledger.acquire();
  await stock.runExclusive(async () => undefined);
  release();
}

const [, , what, under] = process.argv;
const orders = { place: [place], refund: [refund], both: [place, refund], children: [] }[what];
for (const order of orders) {
  if (under === 'gated') await gate.runExclusive(order);
  else await order();
}
if (what === 'children') {
  for (const name of ['place', 'refund']) await once(fork(fileURLToPath(import.meta.url), [name]), 'exit');
}
