// async-mutex-import-job [fixed] (async-mutex) - it saves under its own lock
import { once } from 'node:events';
import { createServer } from 'node:http';
import { Mutex } from 'async-mutex';

const table = new Mutex();
const jobs = new Set();
class ImportJob {
  #release;
  constructor(rows) {
    this.rows = rows;
    this.saved = 0;
    this.onSaved = () => { if (++this.saved === this.rows.length) this.finish(); };
  }
  finish() { this.#release(); }
  async run() {
    this.#release = await table.acquire();
    if (this.rows.length === 0) return this.finish();
    for (const row of this.rows) { await this.save(row); this.onSaved(); }
  }
  async save(row) {
    const write = () => new Promise((r) => setTimeout(r, 1, row));
    await write();
  }
}

const server = createServer(async (request, response) => {
  const job = new ImportJob(request.url.slice(1).split(',').filter(Boolean));
  jobs.add(job);
  await job.run();
  response.end('imported');
}).listen(0, '127.0.0.1');
await once(server, 'listening');
const post = (rows) => fetch(`http://127.0.0.1:${server.address().port}/${rows}`, { method: 'POST' }).then((response) => response.text());
console.log(await post(''), await post(''), await post('a,b'));
server.close();
server.closeAllConnections();
console.log('done');
