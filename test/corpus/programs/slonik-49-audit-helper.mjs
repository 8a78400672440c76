// slonik-49-audit-helper [hang] (slonik 49) - an audit entry over the pool, awaited by who has its only connection
import { createRequire } from 'node:module';
import { startFakePg } from './_fakepg.mjs';

const next = createRequire(new URL('../../next-majors/package.json', import.meta.url));
const { createPool, sql } = await import(next.resolve('slonik'));
const { host, port, user, password, database } = await startFakePg();
const uri = `postgres://${user}:${password ?? ''}@${host}:${port}/${database}?sslmode=disable`;
const pool = await createPool(uri, { maximumPoolSize: 1, typeParsers: [] });

async function audit(what) {
  await pool.query(sql.unsafe`INSERT INTO audit(what) VALUES (${what})`);
}

async function signUp(name) {
  await pool.connect(async (connection) => {
    await connection.query(sql.unsafe`INSERT INTO users(name) VALUES (${name})`);
    await audit('signed up');
  });
}

await signUp('ann');
await pool.end();
console.log('done');
