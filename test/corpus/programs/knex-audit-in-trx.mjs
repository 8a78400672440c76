// knex-audit-in-trx [hang] (knex (tarn)) - an audit entry over the pool, awaited in the transaction that has its only connection
import knexFactory from 'knex';
import { startFakePg } from './_fakepg.mjs';

const knex = knexFactory({ client: 'pg', connection: await startFakePg(), pool: { min: 0, max: 1 } });

async function signUp(trx) {
  await trx.raw('INSERT INTO users(name) VALUES (?)', ['ann']);
  await knex.raw('INSERT INTO audit(what) VALUES (?)', ['signed up']); // forgot .transacting(trx)
}

await knex.transaction(signUp);
await knex.destroy();
console.log('done');
