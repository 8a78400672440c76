// knex-after-create [hang] (knex) - afterCreate asks the pool whose only connection it is to finish
import knex from 'knex';
import { startFakePg } from './_fakepg.mjs';
const connection = await startFakePg();
const db = knex({
  client: 'pg',
  connection,
  acquireConnectionTimeout: 120_000,
  pool: {
    min: 0,
    max: 1,
    afterCreate(raw, done) {
      db.select(db.raw("'UTC' as zone")).then(() => done(null, raw), done);
    },
  },
});
console.log(await db.select(db.raw('1 as one')));
await db.destroy();
console.log('done');
