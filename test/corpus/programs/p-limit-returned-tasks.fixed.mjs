// p-limit-returned-tasks [fixed] (p-limit) - a page gives its slot back before its links are visited
import pLimit from 'p-limit';
import { setTimeout as sleep } from 'node:timers/promises';
const links = { '/': ['/a', '/b'], '/a': ['/a/1', '/a/2'], '/b': [], '/a/1': [], '/a/2': [] };
class Crawler {
  constructor(concurrency) { this.limit = pLimit(concurrency); }
  async visit(url) {
    const found = await this.limit(async () => { await sleep(1); return links[url]; });
    const pages = await Promise.all(found.map((link) => this.visit(link)));
    return [url, ...pages.flat()];
  }
}
console.log(await new Crawler(2).visit('/'));
console.log('done');
