// slonik-49-audit-helper [fixed] (slonik 49) - the entry goes over the connection that is there
import { createRequire } from 'node:module';
import { startFakePg } from './_fakepg.mjs';

const next = createRequire(new URL('../../next-majors/package.json', import.meta.url));
const { createPool, sql } = await import(next.resolve('slonik'));
const { host, port, user, password, database } = await startFakePg();
const uri = `postgres://${user}:${password ?? ''}@${host}:${port}/${database}?sslmode=disable`;
const pool = await createPool(uri, { maximumPoolSize: 1, typeParsers: [] });

async function audit(connection, what) {
  await connection.query(sql.unsafe`INSERT INTO audit(what) VALUES (${what})`);
}

async function signUp(name) {
  await pool.connect(async (connection) => {
    await connection.query(sql.unsafe`INSERT INTO users(name) VALUES (${name})`);
    await audit(connection, 'signed up');
  });
}

await signUp('ann');
await pool.end();
console.log('done');
