// mixed-limit-knex [fixed] (p-limit, knex) - the transaction needs no limit
import makeKnex from 'knex';
import pLimit from 'p-limit';
import { startFakePg } from './_fakepg.mjs';

const knex = makeKnex({
  client: 'pg',
  connection: await startFakePg(),
  pool: { min: 0, max: 1 },
  acquireConnectionTimeout: 600_000,
});
const limit = pLimit(1);
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

class Importer {
  run() {
    return limit(async () => {
      await sleep(10);
      return knex.raw('SELECT 1');
    });
  }
}

class Exporter {
  run() {
    return knex.transaction(async (trx) => {
      await trx.raw('SELECT 1');
      await sleep(10);
      return trx.raw('SELECT 2');
    });
  }
}

await Promise.all([new Importer().run(), new Exporter().run()]);
await knex.destroy();
console.log('done');
