// postgres-transaction-forgotten [lucky] (postgres) - max 3
import postgres from 'postgres';
import { startFakePg } from './_fakepg.mjs';

const { host, port, user, password, database } = await startFakePg();
const sql = postgres({ host, port, user, password, database, max: 3, fetch_types: false });

async function logAction(name) { await sql`INSERT INTO log VALUES (${name})`; }

await sql.begin(async tx => {
  await tx`UPDATE accounts SET balance = 0`;
  await logAction('reset');
});
await sql.end();
console.log('done');
