// async-mutex-keyed-transfer [hang] (async-mutex) - two transfers lock two accounts in opposite order
import { Mutex } from 'async-mutex';
import { setTimeout as sleep } from 'node:timers/promises';

class Account { mutex = new Mutex(); constructor(id, balance) { this.id = id; this.balance = balance; } }
async function transfer(from, to, amount) {
  const [first, second] = [from, to];
  const r1 = await first.mutex.acquire();
  try {
    await sleep(1);
    const r2 = await second.mutex.acquire();
    try { from.balance -= amount; to.balance += amount; } finally { r2(); }
  } finally { r1(); }
}
const a = new Account(1, 10), b = new Account(2, 10);
await Promise.all([transfer(a, b, 1), transfer(b, a, 2)]);
console.log('done', a.balance, b.balance);
