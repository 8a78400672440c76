// redis-blpop-shared [lucky] (redis) - the RPUSH happens to be sent first
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

const produced = produce(); // happens to be written first
const consumed = consume();
await produced;
console.log('done', await consumed);
redis.destroy();
