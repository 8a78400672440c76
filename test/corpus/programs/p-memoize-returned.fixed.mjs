// p-memoize-returned [fixed] (p-memoize, async-mutex) - the value is wanted before the lock
import { setTimeout as sleep } from 'node:timers/promises';
import { Mutex } from 'async-mutex';
import pMemoize from 'p-memoize';

const file = new Mutex();
const settings = pMemoize(async () => {
  await sleep(5); // from the environment
  return file.runExclusive(() => ({ limit: 3 }));
});
const limit = async () => {
  const read = await settings();
  return file.runExclusive(() => read.limit);
};

const gauge = setInterval(() => undefined, 100);
console.log(await limit());
clearInterval(gauge);
console.log('done');
