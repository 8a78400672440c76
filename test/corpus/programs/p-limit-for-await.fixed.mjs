// p-limit-for-await [fixed] (p-limit) - only the requests are limited
import pLimit from 'p-limit';
import { setTimeout as sleep } from 'node:timers/promises';

const limit = pLimit(2);
const pages = { '/': ['/a', '/b'], '/a': ['/a1', '/a2'], '/b': [] };

async function crawl(url) {
  await limit(() => sleep(2));
  const found = [url];
  for await (const below of (pages[url] ?? []).map(crawl)) found.push(...below);
  return found;
}
// It keeps the only slot of another limit while nothing keeps the program alive, and one more waits there.
const updates = pLimit(1);
const poll = () => new Promise(resolve => setTimeout(resolve, 60_000).unref());
async function watch() {
  for await (const update of [updates(() => sleep(1))]) console.log(update);
}
async function main() {
  updates(poll);
  watch();
  console.log('done', (await crawl('/')).length);
}
main();
