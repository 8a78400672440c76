// pg-transaction-storage [fixed] (pg) - it looks into the storage
import pg from 'pg';
import { startFakePg } from './_fakepg.mjs';
import { AsyncLocalStorage } from 'node:async_hooks';
const pool = new pg.Pool({ ...(await startFakePg({ latencyMs: 4 })), max: 2 });
const current = new AsyncLocalStorage();
class DataSource {
  async transaction(fn) {
    const c = await pool.connect();
    try {
      await c.query('BEGIN');
      const r = await current.run(c, () => fn(this));
      await c.query('COMMIT');
      return r;
    } catch (e) {
      await c.query('ROLLBACK');
      throw e;
    } finally {
      c.release();
    }
  }
  query(sql) {
    const c = current.getStore();
    return c ? c.query(sql) : pool.query(sql);
  }
}
const db = new DataSource();
class Orders {
  async save(i) {
    await db.query('INSERT INTO o');
    return i;
  }
}
const orders = new Orders();
const one = (i) => db.transaction(() => orders.save(i));
const out = await Promise.all([1, 2, 3, 4].map(one));
await pool.end();
console.log('done', out.join());
