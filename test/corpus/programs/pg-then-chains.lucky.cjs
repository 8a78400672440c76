// pg-then-chains [lucky] (pg) - one post at a time
'use strict';
const { Pool } = require('pg');
function createRepository(pool) {
  function withClient(work) {
    return pool.connect().then(client => Promise.resolve(work(client)).finally(() => client.release()));
  }
  return {
    findTags(postId, client) { const q = c => c.query('SELECT $1', [postId]).then(r => r.rows); return client ? q(client) : withClient(q); },
    findPost(id) {
      return withClient(client => client.query('SELECT $1', [id])
        .then(({ rows }) => this.findTags(id).then(tags => ({ ...rows[0], tags }))));
    },
  };
}
import('./_fakepg.mjs').then(({ startFakePg }) => startFakePg()).then(config => {
  const pool = new Pool({ ...config, max: 2 });
  const posts = createRepository(pool);
  return posts.findPost(1).then(found => pool.end().then(() => console.log('done', found.tags.length)));
}).catch(error => { console.error(error); process.exit(1); });
