// async-mutex-philosophers [fixed] (async-mutex) - a waiter lets four of five sit down at a time
import { Mutex, Semaphore } from 'async-mutex';
import { setTimeout as sleep } from 'node:timers/promises';

class Fork { #mutex = new Mutex(); pick() { return this.#mutex.acquire(); } }
const forks = Array.from({ length: 5 }, () => new Fork());
const waiter = new Semaphore(4);
let meals = 0;
async function eat(i) {
  const left = await forks[i].pick();
  try {
    await sleep(2);
    const right = await forks[(i + 1) % 5].pick();
    try { meals++; } finally { right(); }
  } finally { left(); }
}
await Promise.all(forks.map((_, i) => waiter.runExclusive(() => eat(i))));
console.log('done', meals);
