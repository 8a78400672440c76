// p-limit-returned-tasks [hang] (p-limit) - a crawler: the task of a page joins those of its links; two slots
import pLimit from 'p-limit';
import { setTimeout as sleep } from 'node:timers/promises';
const links = { '/': ['/a', '/b'], '/a': ['/a/1', '/a/2'], '/b': [], '/a/1': [], '/a/2': [] };
class Crawler {
  constructor(concurrency) { this.limit = pLimit(concurrency); }
  async visit(url) {
    return this.limit(async () => {
      await sleep(1);
      const pages = await Promise.all(links[url].map((link) => this.visit(link)));
      return [url, ...pages.flat()];
    });
  }
}
console.log(await new Crawler(2).visit('/'));
console.log('done');
