// bottleneck-handler-returned [hang] (bottleneck) - a job returns what another job of the same limiter gives, in a server that others ask
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import Bottleneck from 'bottleneck';

const crm = new Bottleneck({ maxConcurrent: 1 });
const call = (path) =>
  crm.schedule(async () => {
    await sleep(1);
    return path;
  });
const sync = (tenant) => crm.schedule(async () => (tenant === 'acme' ? call('/users') : '/none'));

const server = createServer(async (request, response) => response.end(await sync(request.url.slice(1))));
server.listen(0, '127.0.0.1');
await once(server, 'listening');

const get = (path) => `fetch('http://127.0.0.1:${server.address().port}/${path}').then((answer) => answer.text())`;
execFile(process.execPath, ['-e', `${get('small')}.then(() => ${get('acme')})`], () => {
  server.close();
  console.log('done');
});
