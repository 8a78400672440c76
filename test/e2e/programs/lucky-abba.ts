// Comments and types that disappear when this is compiled, so that wrong line numbers show.
import { Mutex } from 'async-mutex';

interface Shop {
  readonly stock: Mutex;
  readonly ledger: Mutex;
}

const shop: Shop = { stock: new Mutex(), ledger: new Mutex() };

type Work = () => Promise<void>;

const placeOrder: Work = async () => {
  await shop.stock.runExclusive(async () => {
    await shop.ledger.runExclusive(async () => undefined);
  });
};

async function refundOrder(): Promise<void> {
  const release = await shop.ledger.acquire();
  await shop.stock.runExclusive(async () => undefined);
  release();
}

await placeOrder();
await refundOrder();
