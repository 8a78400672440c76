// knex-after-create [lucky] (knex) - there are three connections
import knex from 'knex';
import { startFakePg } from './_fakepg.mjs';
const connection = await startFakePg();
const db = knex({
  client: 'pg',
  connection,
  acquireConnectionTimeout: 120_000,
  pool: {
    min: 0,
    max: 3,
    afterCreate(raw, done) {
      if (db.client.pool.numPendingCreates() > 1) done(null, raw);
      else db.select(db.raw("'UTC' as zone")).then(() => done(null, raw), done);
    },
  },
});
console.log(await db.select(db.raw('1 as one')));
await db.destroy();
console.log('done');
