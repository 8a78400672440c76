// redis-pool-nested [lucky] (redis) - two clients, one task
import { createClientPool } from '@redis/client';
import { startFakeRedis } from './_fakeredis.mjs';

const pool = createClientPool({ socket: await startFakeRedis() }, { maximum: 2, acquireTimeout: 0 });
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
