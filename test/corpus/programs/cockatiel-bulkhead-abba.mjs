// cockatiel-bulkhead-abba [hang] (cockatiel) - two calls nest two bulkheads in opposite order
import { bulkhead } from 'cockatiel';
import { setTimeout as sleep } from 'node:timers/promises';

const database = bulkhead(1, 5);
const payments = bulkhead(1, 5);

function charge() {
  return database.execute(async () => {
    await sleep(3);
    await payments.execute(() => sleep(1));
  });
}

function reconcile() {
  return payments.execute(async () => {
    await sleep(3);
    await database.execute(() => sleep(1));
  });
}

await Promise.all([charge(), reconcile()]);
console.log('done');
