// knex-audit-in-trx [fixed] (knex (tarn)) - the transaction does not wait for its entry, which comes after it
import knexFactory from 'knex';
import { startFakePg } from './_fakepg.mjs';

const knex = knexFactory({ client: 'pg', connection: await startFakePg({ latencyMs: 150 }), pool: { min: 0, max: 1 } });

let entry;

async function signUp(trx) {
  await trx.raw('INSERT INTO users(name) VALUES (?)', ['ann']);
  entry = knex.raw('INSERT INTO audit(what) VALUES (?)', ['signed up']).then(() => null, console.error);
  for (let item = 0; item < 13; item++) await trx.raw('SELECT 1');
}

await knex.transaction(signUp);
await entry;
await knex.destroy();
console.log('done');
