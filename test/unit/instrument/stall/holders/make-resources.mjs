// What makes a resource asks its own pool. They differ in whether the resource waits for that.
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'tarn';
import { LONG_MS, nothing, service } from './service.mjs';

function making(create) {
  const pool = new Pool({
    min: 0,
    max: 1,
    create: () => create(pool),
    destroy: nothing,
    acquireTimeoutMillis: LONG_MS,
  });
  pool.acquire().promise.catch(nothing);
}

async function warm(pool) {
  pool.release(await pool.acquire().promise);
}

export function besideMaking() {
  making(async (pool) => {
    warm(pool).catch(nothing);
    await once(service, 'exit');
    return {};
  });
}

export function besideMakingByTimer() {
  making(async (pool) => {
    warm(pool).catch(nothing);
    await sleep(LONG_MS);
    return {};
  });
}

export function forMaking() {
  making(async (pool) => {
    await warm(pool);
    return {};
  });
}
