// henrygd-queue-crawl [fixed] (@henrygd/queue) - links are added when the task is done
import { setTimeout } from 'node:timers/promises';
import { newQueue } from '@henrygd/queue';

const queue = newQueue(2);
const site = () => ({ links: [{ links: [] }, { links: [] }] });

async function crawl(page) {
  const links = await queue.add(async () => {
    await setTimeout(5);
    return page.links;
  });
  let pages = 1;
  for (const link of links) pages += await crawl(link);
  return pages;
}

await Promise.all([crawl(site()), crawl(site())]);
console.log('done');
