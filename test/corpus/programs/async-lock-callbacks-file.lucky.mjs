// async-lock-callbacks-file [lucky] (async-lock) - it has been migrated
import { readFile } from 'node:fs';
import { createServer } from 'node:http';
import AsyncLock from 'async-lock';

const lock = new AsyncLock();
const migrations = new Map();
function deploy(app, done) {
  lock.acquire('deploy', (release) => {
    readFile(import.meta.filename, 'utf8', (error, text) => {
      if (error !== null || migrations.has(app)) release(error, app);
      else migrate(app, text, release);
    });
  }, done);
}
function migrate(app, text, done) {
  lock.acquire('deploy', (release) => { migrations.set(app, text); release(null, app); }, done);
}

migrations.set('api', '');
const server = createServer((request, response) => deploy(request.url.slice(1), (_error, app) => response.end(app)));
server.listen(0, '127.0.0.1', async () => {
  const post = (app) => fetch(`http://127.0.0.1:${server.address().port}/${app}`, { method: 'POST' }).then((response) => response.text());
  console.log(await post('api'), await post('api'));
  server.close();
  server.closeAllConnections();
  console.log('done');
});
