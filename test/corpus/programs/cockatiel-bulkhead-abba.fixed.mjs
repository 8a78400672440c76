// cockatiel-bulkhead-abba [fixed] (cockatiel) - both enter the database first
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
  return database.execute(async () => {
    await sleep(3);
    await payments.execute(() => sleep(1));
  });
}

await Promise.all([charge(), reconcile()]);
console.log('done');
