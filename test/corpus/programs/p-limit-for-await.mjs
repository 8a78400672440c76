// p-limit-for-await [hang] (p-limit) - a tree walk under one shared limit, the children read with for await
import pLimit from 'p-limit';
import { setTimeout as sleep } from 'node:timers/promises';

const limit = pLimit(2);
const pages = { '/': ['/a', '/b'], '/a': ['/a1', '/a2'], '/b': [] };

function crawl(url) {
  return limit(async () => {
    await sleep(2);
    const found = [url];
    for await (const below of (pages[url] ?? []).map(crawl)) found.push(...below); // the parents keep their slots
    return found;
  });
}
async function main() {
  console.log('done', (await crawl('/')).length);
}
main();
