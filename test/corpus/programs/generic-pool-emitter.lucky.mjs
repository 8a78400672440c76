// generic-pool-emitter [lucky] (generic-pool) - one page at a time
import { EventEmitter } from 'node:events';
import { createPool } from 'generic-pool';

let made = 0;
const browsers = createPool({ create: async () => ({ id: ++made }), destroy: async () => {} }, { max: 2 });
class Renderer extends EventEmitter {
  constructor() {
    super();
    this.on('page', page => this.#onPage(page).catch(error => this.emit('error', error)));
  }
  async #onPage({ url, embeds, done }) {
    const browser = await browsers.acquire();
    try {
      await new Promise(r => setTimeout(r, 1));
      const parts = [];
      for (const embed of embeds) parts.push(await new Promise(resolve => this.emit('page', { url: embed, embeds: [], done: resolve })));
      done(`${url} ${parts.length}`);
    } finally { await browsers.release(browser); }
  }
}
const renderer = new Renderer();
const render = (url, embeds) => new Promise(resolve => renderer.emit('page', { url, embeds, done: resolve }));
const pages = [await render('a', ['x'])];
await browsers.drain();
await browsers.clear();
console.log('done', pages.length);
