// redis-blpop-shared [fixed] (redis) - a duplicate() connection
import { createClient } from '@redis/client';
import { startFakeRedis } from './_fakeredis.mjs';

const redis = await createClient({ socket: await startFakeRedis() }).connect();
const producer = await redis.duplicate().connect();

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
producer.destroy();
redis.destroy();
