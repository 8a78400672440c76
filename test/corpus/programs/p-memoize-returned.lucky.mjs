// p-memoize-returned [lucky] (p-memoize, async-mutex) - the value is there already
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
await settings();
console.log(await limit());
clearInterval(gauge);
console.log('done');
