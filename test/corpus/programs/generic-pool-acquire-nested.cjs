// generic-pool-acquire-nested [hang] (generic-pool) - a helper acquires a second resource; CommonJS
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
  await Promise.all(['a', 'b'].map(screenshot));
  await pool.drain(); await pool.clear();
  console.log('done');
}
main();
