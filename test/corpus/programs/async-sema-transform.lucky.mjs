// async-sema-transform [lucky] (async-sema) - one stream at a time
import { Sema } from 'async-sema';
import { Readable, Transform, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

const slots = new Sema(2);
const sleep = ms => new Promise(r => setTimeout(r, ms));
const enrich = () => new Transform({
  objectMode: true,
  async transform(row, _e, done) {
    await slots.acquire();
    try { row.extra = await lookup(row.id); done(null, row); } catch (e) { done(e); } finally { slots.release(); }
  },
});
async function lookup(id) {
  await sleep(1);
  await slots.acquire();
  try { return await sleep(1) ?? id; } finally { slots.release(); }
}
const rows = [];
const sink = () => new Writable({ objectMode: true, write(row, _e, done) { rows.push(row); done(); } });
const run = ids => pipeline(Readable.from(ids.map(id => ({ id }))), enrich(), sink());
await run([1, 2]);
console.log('done', rows.length);
