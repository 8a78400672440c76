// Two handlers take two home-made locks in opposite order; the requests of this process wait for ever. A third one waits for
// news as it should, and would bring some itself once it has been told.
import http from 'node:http';
import { setTimeout } from 'node:timers/promises';

class Lock {
  #isTaken = false;
  #waiting = [];
  acquire() {
    return new Promise((resolve) => {
      if (this.#isTaken) this.#waiting.push(resolve);
      else resolve();
      this.#isTaken = true;
    });
  }
  release() {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#isTaken = false;
  }
}

const [stock, orders, news] = [new Lock(), new Lock(), new Lock()];
await news.acquire();

async function buy() {
  await stock.acquire();
  await setTimeout(5);
  await orders.acquire();
  orders.release();
  stock.release();
}

async function cancel() {
  await orders.acquire();
  await setTimeout(5);
  await stock.acquire();
  stock.release();
  orders.release();
}

async function poll() {
  await news.acquire();
  news.release();
}

const handlers = { '/buy': buy, '/cancel': cancel, '/poll': poll };
const server = http.createServer((request, response) => {
  void handlers[request.url]().then(() => response.end());
});
server.listen(0, '127.0.0.1', () => {
  for (const path of process.argv.slice(2)) http.get({ port: server.address().port, path });
  console.log('stands');
});
process.once('SIGTERM', () => process.exit());
