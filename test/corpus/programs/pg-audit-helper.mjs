// pg-audit-helper [hang] (pg) - an audit entry over the pool, awaited by who has its only client
import pg from 'pg';
import { startFakePg } from './_fakepg.mjs';

const pool = new pg.Pool({ ...(await startFakePg()), max: 1 });

async function connected() {
  const client = await pool.connect();
  return client;
}

async function audit(what) {
  const client = await connected();
  try {
    await client.query('INSERT INTO audit(what) VALUES ($1)', [what]);
  } finally {
    client.release();
  }
}

async function signUp(name) {
  const client = await connected();
  try {
    await client.query('INSERT INTO users(name) VALUES ($1)', [name]);
    await audit('signed up');
  } finally {
    client.release();
  }
}

await signUp('ann');
await pool.end();
console.log('done');
