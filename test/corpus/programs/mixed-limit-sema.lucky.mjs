// mixed-limit-sema [lucky] (p-limit, async-sema) - one file at a time
import pLimit from 'p-limit';
import { Sema } from 'async-sema';
import { setTimeout as sleep } from 'node:timers/promises';
const limit = pLimit(2),
  archives = new Sema(2);
const entry = async (n) => {
  await sleep(2);
  return n;
};
async function scan(file) {
  await archives.acquire();
  try {
    return await Promise.all([1, 2].map((n) => limit(() => entry(n))));
  } finally {
    archives.release();
  }
}
const walk = (file) =>
  limit(async () => {
    await sleep(1);
    return scan(file);
  });
const out = [await walk('a'), await walk('b')];
console.log('done', out.length);
