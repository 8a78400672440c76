// async-mutex-ring-transfer [hang] (async-mutex) - three transfers round a ring of accounts
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
await Promise.all(accounts.map((from, i) => transfer(from, accounts[(i + 1) % accounts.length])));
console.log('done');
