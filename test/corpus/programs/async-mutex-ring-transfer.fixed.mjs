// async-mutex-ring-transfer [fixed] (async-mutex) - in the order of the accounts, whatever place each lock was first taken at
import { Mutex } from 'async-mutex';
import { setTimeout as sleep } from 'node:timers/promises';

const accounts = Array.from({ length: 6 }, (_, id) => ({ id, lock: new Mutex(), balance: 10 }));
async function transfer(from, to) {
  const [low, high] = from.id < to.id ? [from, to] : [to, from];
  const releaseLow = await low.lock.acquire();
  await sleep(1);
  const releaseHigh = await high.lock.acquire();
  from.balance--; to.balance++;
  releaseHigh(); releaseLow();
}
const pairs = [[0, 1], [2, 3], [1, 2], [5, 3], [1, 4], [4, 0], [3, 4], [5, 2]];
for (const [from, to] of pairs) await transfer(accounts[from], accounts[to]);
await Promise.all(pairs.map(([from, to]) => transfer(accounts[to], accounts[from])));
console.log('done', accounts.reduce((sum, { balance }) => sum + balance, 0));
