// async-mutex-keyed-transfer [fixed] (async-mutex) - in the order of the ids
import { Mutex } from 'async-mutex';
import { setTimeout as sleep } from 'node:timers/promises';

class Account { mutex = new Mutex(); constructor(id, balance) { this.id = id; this.balance = balance; } }
async function transfer(from, to, amount) {
  const [first, second] = [from, to].sort((a, b) => a.id - b.id);
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
