// own-lock-in-server [hang] (no library) - a handler reads under the lock that it holds
import { once } from 'node:events';
import { createServer } from 'node:http';

class FileLock {
  #tail = Promise.resolve();

  async hold(task) {
    const before = this.#tail;
    let release;
    this.#tail = new Promise((resolve) => {
      release = resolve;
    });
    await before;
    try {
      return await task();
    } finally {
      release();
    }
  }
}

const lock = new FileLock();
let state = { visits: 0 };
const load = () => lock.hold(async () => ({ ...state }));
const count = () =>
  lock.hold(async () => {
    const { visits } = await load();
    state = { visits: visits + 1 };
    return state;
  });

const server = createServer(async (_request, response) => {
  response.end(JSON.stringify(await count()));
}).listen(0, '127.0.0.1');
await once(server, 'listening');
const response = await fetch(`http://127.0.0.1:${server.address().port}/`);
console.log('done', await response.json());
server.close();
server.closeAllConnections();
