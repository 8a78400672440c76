// redis-pool-nested [fixed] (redis) - the task uses the client that it is given
import { createClientPool } from '@redis/client';
import { startFakeRedis } from './_fakeredis.mjs';

const pool = createClientPool({ socket: await startFakeRedis() }, { maximum: 1, acquireTimeout: 0 });
await pool.connect();

async function audit(client) {
  await client.rPush('audit', 'transfer');
}
async function transfer(client) {
  await client.set('balance', '10');
  await audit(client);
}

await pool.execute(transfer);
console.log('done');
pool.destroy();
