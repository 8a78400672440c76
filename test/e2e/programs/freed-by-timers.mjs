// Two tasks hold a lock each and start something that waits for the other's, but do not await it: their timers end the
// holds. Looks like a deadlock for most of a second.
import { setTimeout as sleep } from 'node:timers/promises';
import { Mutex } from 'async-mutex';

const left = new Mutex();
const right = new Mutex();

async function task(mine, other) {
  const release = await mine.acquire();
  const later = other.runExclusive(() => undefined);
  await sleep(900);
  release();
  await later;
}

await Promise.all([task(left, right), task(right, left)]);
console.log('ended well');
