// Takes two locks in two orders, one function after the other: nothing hangs in this run.
const { Mutex } = require('async-mutex');

const stock = new Mutex();
const ledger = new Mutex();

async function placeOrder() {
  await stock.runExclusive(async () => {
    await ledger.runExclusive(async () => undefined);
  });
}

async function refundOrder() {
  const release = await ledger.acquire();
  await stock.runExclusive(async () => undefined);
  release();
}

async function main() {
  await placeOrder();
  await refundOrder();
  console.log('ended well');
}

void main();
