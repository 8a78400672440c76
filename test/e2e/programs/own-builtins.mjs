// Two locks in two orders, the second one asked for in a callback of a module that no loader has brought. Hangs, but when it is fixed.
import { Mutex } from 'async-mutex';

const { randomBytes } = process.getBuiltinModule('crypto');
const { deflate } = process.getBuiltinModule('node:zlib');
const stock = new Mutex();
const ledger = new Mutex();

async function placeOrder() {
  const release = await stock.acquire();
  await new Promise((done) => randomBytes(1, () => done(ledger.runExclusive(() => undefined))));
  release();
}

async function refundOrder() {
  const release = await ledger.acquire();
  await new Promise((done) => deflate('order', () => done(stock.runExclusive(() => undefined))));
  release();
}

if (process.argv[2] === 'fixed') {
  await placeOrder();
  await placeOrder();
} else await Promise.all([placeOrder(), refundOrder()]);
console.log('ended well');
