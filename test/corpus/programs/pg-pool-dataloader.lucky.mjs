// pg-pool-dataloader [lucky] (pg-pool + dataloader) - the transactions run one after the other
import DataLoader from 'dataloader';
import pg from 'pg';
import { startFakePg } from './_fakepg.mjs';

const config = await startFakePg({ latencyMs: 5 });
const pool = new pg.Pool({ ...config, max: 2 });
const makeLoader = client => new DataLoader(async ids => {
  const { rows } = await client.query('SELECT * FROM users');
  return ids.map(id => ({ id, n: rows.length }));
});
async function resolve(id) {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    const users = makeLoader(pool);
    const [a, b] = await Promise.all([users.load(id), users.load(id + 1)]);
    await client.query('COMMIT');
    return a.n + b.n;
  } finally { client.release(); }
}
const out = [await resolve(1), await resolve(2)];
await pool.end();
console.log('done', out.length);
