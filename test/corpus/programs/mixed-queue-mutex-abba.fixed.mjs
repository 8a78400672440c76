// mixed-queue-mutex-abba [fixed] (p-queue + async-mutex) - the mutex is given back before the queue is asked
import { Mutex } from 'async-mutex';
import PQueue from 'p-queue';
import { setTimeout as sleep } from 'node:timers/promises';

const uploads = new PQueue({ concurrency: 1 });
const session = new Mutex();

function uploadFile() { // the queue, then the session
  return uploads.add(async () => {
    await sleep(2);
    await session.runExclusive(() => sleep(1));
  });
}

async function renewSession() {
  await session.runExclusive(() => sleep(2));
  await uploads.add(() => sleep(1)); // tell the server about it
}

await Promise.all([uploadFile(), renewSession()]);
console.log('done');
