// henrygd-queue-crawl [lucky] (@henrygd/queue) - one crawl at a time
import { setTimeout } from 'node:timers/promises';
import { newQueue } from '@henrygd/queue';

const queue = newQueue(2);
const site = () => ({ links: [{ links: [] }, { links: [] }] });

async function crawl(page) {
  return queue.add(async () => {
    await setTimeout(5);
    let pages = 1;
    for (const link of page.links) pages += await crawl(link); // needs another slot
    return pages;
  });
}

for (const page of [site(), site()]) await crawl(page);
console.log('done');
