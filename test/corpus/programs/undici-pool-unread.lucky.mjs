// undici-pool-unread [lucky] (undici) - the body fits into the buffers
import { Pool } from 'undici';
import http from 'node:http';

const size = 1024;
const server = http.createServer((_req, res) => res.end(Buffer.alloc(size)));
await new Promise(r => server.listen(0, r));

class Catalogue {
  #pool = new Pool(`http://localhost:${server.address().port}`, { connections: 1 });

  async status(path) {
    const { statusCode } = await this.#pool.request({ path, method: 'GET' });
    return statusCode;
  }
}

const catalogue = new Catalogue();
console.log('done', await catalogue.status('/stock'), await catalogue.status('/prices'));
process.exit(0); // (the kept-alive sockets)
