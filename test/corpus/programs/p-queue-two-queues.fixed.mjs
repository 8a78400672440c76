// p-queue-two-queues [fixed] (p-queue) - a video is resized before it is uploaded
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
  await resize.add(async () => {
    await sleep(2);
  });
  return upload.add(async () => {
    await sleep(3);
    return `v${id}`;
  });
}
const out = await Promise.all([photo(1), video(2), photo(3)]);
console.log('done', out.join());
