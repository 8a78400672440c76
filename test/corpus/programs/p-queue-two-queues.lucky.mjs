// p-queue-two-queues [lucky] (p-queue) - one after the other
import PQueue from 'p-queue';
import { setTimeout as sleep } from 'node:timers/promises';
const resize = new PQueue({ concurrency: 1 }),
  upload = new PQueue({ concurrency: 1 });
async function photo(id) {
  return resize.add(async () => {
    await sleep(3);
    const url = await upload.add(async () => {
      await sleep(2);
      return `u${id}`;
    });
    return url;
  });
}
async function video(id) {
  return upload.add(async () => {
    await sleep(3);
    await resize.add(async () => {
      await sleep(2);
    });
    return `v${id}`;
  });
}
const out = [await photo(1), await video(2)];
console.log('done', out.join());
