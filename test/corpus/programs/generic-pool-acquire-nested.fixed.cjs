// generic-pool-acquire-nested [fixed] (generic-pool) - the resource is passed on
const { createPool } = require('generic-pool');
let n = 0;
const pool = createPool({ create: async () => ({ id: ++n }), destroy: async () => {} }, { max: 2 });
async function screenshot(url) {
  const page = await pool.acquire();
  try {
    await new Promise(r => setTimeout(r, 1));
    return [url, await title(url, page)];
  } finally { await pool.release(page); }
}
async function title(url, page) { return 'title of ' + url; }
async function main() {
  await Promise.all(['a', 'b'].map(screenshot));
  await pool.drain(); await pool.clear();
  console.log('done');
}
main();
