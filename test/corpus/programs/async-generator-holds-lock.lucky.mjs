// async-generator-holds-lock [lucky] (async-mutex) - two tables in two orders
import { Mutex } from 'async-mutex';
import { setTimeout as sleep } from 'node:timers/promises';

class Table {
  mutex = new Mutex(); rows = [1, 2, 3];
  async *scan() { // keeps the lock while the consumer works
    const release = await this.mutex.acquire();
    try { for (const row of this.rows) { await sleep(1); yield row; } } finally { release(); }
  }
  async remove(row) { await this.mutex.runExclusive(() => { this.rows = this.rows.filter(r => r !== row); }); }
}
const table = new Table();
const archive = new Table();
for await (const row of table.scan()) if (row === 2) await archive.remove(row);
for await (const row of archive.scan()) if (row === 3) await table.remove(row);
console.log('done', table.rows.join());
