// kysely-trx-forgotten [fixed] (kysely) - the transaction is passed on
import { Kysely, PostgresDialect, sql } from 'kysely';
import pg from 'pg';
import { startFakePg } from './_fakepg.mjs';

const pool = new pg.Pool({ ...await startFakePg(), max: 1 });
const db = new Kysely({ dialect: new PostgresDialect({ pool }) });

const audit = executor => sql`INSERT INTO audit VALUES (1)`.execute(executor);

await db.transaction().execute(async trx => {
  await sql`INSERT INTO orders VALUES (1)`.execute(trx);
  await audit(trx);
});
await db.destroy();
console.log('done');
