// generic-pool-acquire-nested [lucky] (generic-pool) - one at a time
const { createPool } = require('generic-pool');
let n = 0;
const pool = createPool({ create: async () => ({ id: ++n }), destroy: async () => {} }, { max: 2 });
async function screenshot(url) {
  const page = await pool.acquire();
  try {
    await new Promise(r => setTimeout(r, 1));
    return [url, await title(url)];
  } finally { await pool.release(page); }
}
async function title(url) { const page = await pool.acquire(); try { return 'title of ' + url; } finally { await pool.release(page); } }
async function main() {
  for (const url of ['a', 'b']) await screenshot(url);
  await pool.drain(); await pool.clear();
  console.log('done');
}
main();
