// slonik-audit-helper [lucky] (slonik) - one more connection
import { createPool, sql } from 'slonik';
import { startFakePg } from './_fakepg.mjs';

const { host, port, user, password, database } = await startFakePg();
const uri = `postgres://${user}:${password ?? ''}@${host}:${port}/${database}?sslmode=disable`;
const pool = await createPool(uri, { maximumPoolSize: 2, typeParsers: [] });

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
