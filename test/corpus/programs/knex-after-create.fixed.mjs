// knex-after-create [fixed] (knex) - afterCreate uses the connection that it is given
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
      raw.query("select 'UTC' as zone", (error) => done(error, raw));
    },
  },
});
console.log(await db.select(db.raw('1 as one')));
await db.destroy();
console.log('done');
