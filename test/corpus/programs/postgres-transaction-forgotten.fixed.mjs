// postgres-transaction-forgotten [fixed] (postgres) - the transaction is passed on
import postgres from 'postgres';
import { startFakePg } from './_fakepg.mjs';

const { host, port, user, password, database } = await startFakePg();
const sql = postgres({ host, port, user, password, database, max: 3, fetch_types: false });

async function logAction(name, tx) { await tx`INSERT INTO log VALUES (${name})`; }

await sql.begin(async tx => {
  await tx`UPDATE accounts SET balance = 0`;
  await logAction('reset', tx);
});
await sql.end();
console.log('done');
