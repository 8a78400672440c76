// redis-pool-nested [hang] (redis) - a task of the pool asks the pool for another client
import { createClientPool } from '@redis/client';
import { startFakeRedis } from './_fakeredis.mjs';

const pool = createClientPool({ socket: await startFakeRedis() }, { maximum: 1, acquireTimeout: 0 });
await pool.connect();

async function audit() {
  await pool.rPush('audit', 'transfer');
}
async function transfer(client) {
  await client.set('balance', '10');
  await audit();
}

await pool.execute(transfer);
console.log('done');
pool.destroy();
