// p-memoize-returned [hang] (p-memoize, async-mutex) - the value of a cache is returned, not awaited, under the lock that it takes to be read
import { setTimeout as sleep } from 'node:timers/promises';
import { Mutex } from 'async-mutex';
import pMemoize from 'p-memoize';

const file = new Mutex();
const settings = pMemoize(async () => {
  await sleep(5); // from the environment
  return file.runExclusive(() => ({ limit: 3 }));
});
const limit = () => file.runExclusive(() => settings().then((read) => read.limit));

const gauge = setInterval(() => undefined, 100);
console.log(await limit());
clearInterval(gauge);
console.log('done');
