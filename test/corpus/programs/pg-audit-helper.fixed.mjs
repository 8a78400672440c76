// pg-audit-helper [fixed] (pg) - nobody waits for the entry before the client is back
import pg from 'pg';
import { startFakePg } from './_fakepg.mjs';

const pool = new pg.Pool({ ...(await startFakePg({ latencyMs: 150 })), max: 1 });

let entry;

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
    entry = audit('signed up').catch(console.error);
    for (let item = 0; item < 14; item++) await client.query('SELECT 1');
  } finally {
    client.release();
  }
}

await signUp('ann');
await entry;
await pool.end();
console.log('done');
