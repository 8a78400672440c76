// redis-blpop-shared [hang] (redis) - RPUSH waits behind BLPOP on one connection and BLPOP waits for RPUSH
import { createClient } from '@redis/client';
import { startFakeRedis } from './_fakeredis.mjs';

const redis = await createClient({ socket: await startFakeRedis() }).connect();
const producer = redis;

async function produce() {
  await producer.rPush('jobs', 'job-1');
}
async function consume() {
  const { element } = await redis.blPop('jobs', 0); // blocks the whole connection
  return element;
}

const consumed = consume();
await new Promise(r => setTimeout(r, 10));
const produced = produce();
await produced;
console.log('done', await consumed);
redis.destroy();
