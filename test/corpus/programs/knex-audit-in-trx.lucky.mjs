// knex-audit-in-trx [lucky] (knex (tarn)) - one more connection
import knexFactory from 'knex';
import { startFakePg } from './_fakepg.mjs';

const knex = knexFactory({ client: 'pg', connection: await startFakePg(), pool: { min: 0, max: 2 } });

async function signUp(trx) {
  await trx.raw('INSERT INTO users(name) VALUES (?)', ['ann']);
  await knex.raw('INSERT INTO audit(what) VALUES (?)', ['signed up']);
}

await knex.transaction(signUp);
await knex.destroy();
console.log('done');
