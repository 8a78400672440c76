// slonik-audit-helper [fixed] (slonik) - the entry goes over the connection that is there
import { createPool, sql } from 'slonik';
import { startFakePg } from './_fakepg.mjs';

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
