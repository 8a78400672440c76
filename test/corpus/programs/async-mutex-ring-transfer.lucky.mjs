// async-mutex-ring-transfer [lucky] (async-mutex) - one after the other
import { Mutex } from 'async-mutex';
import { setTimeout as sleep } from 'node:timers/promises';

const accounts = ['rent', 'food', 'fun'].map((name) => ({ name, lock: new Mutex(), balance: 10 }));
async function transfer(from, to) {
  const releaseFrom = await from.lock.acquire();
  await sleep(1);
  const releaseTo = await to.lock.acquire();
  from.balance--; to.balance++;
  releaseTo(); releaseFrom();
}
for (const [i, from] of accounts.entries()) await transfer(from, accounts[(i + 1) % accounts.length]);
console.log('done');
