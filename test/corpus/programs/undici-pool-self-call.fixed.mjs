// undici-pool-self-call [fixed] (undici) - a pool of its own
import http from 'node:http';
import { Pool } from 'undici';

const server = http.createServer(async (req, res) => {
  if (req.url === '/price') return res.end('42');
  res.end(`cart ${await get(innerPool, '/price')}`); // needs a connection while its caller holds one
});
await new Promise(r => server.listen(0, '127.0.0.1', r));
const base = `http://127.0.0.1:${server.address().port}`;
const pool = new Pool(base, { connections: 1 });
const innerPool = new Pool(base, { connections: 1 });

async function get(from, path) {
  const { body } = await from.request({ path, method: 'GET' });
  return body.text();
}

console.log('done', await get(pool, '/cart'));
await pool.close();
if (innerPool !== pool) await innerPool.close();
server.close();
