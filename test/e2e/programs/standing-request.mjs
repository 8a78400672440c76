// Two settings that are read once need each other; whoever asks for one waits for ever. As in every server, a timer and a
// connection to another process are there that have nothing to do with it.
import { fork } from 'node:child_process';
import http from 'node:http';
import { setImmediate } from 'node:timers/promises';

if (process.send !== undefined) process.on('message', () => undefined);
else {
  const helper = fork(process.argv[1], { execArgv: [] });
  setInterval(() => undefined, 60_000);
  const made = {};
  const size = () => (made.size ??= readSize());
  const limit = () => (made.limit ??= readLimit());
  async function readSize() {
    await setImmediate();
    return (await limit()) / 2;
  }
  async function readLimit() {
    return (await size()) * 2;
  }
  const server = http.createServer((_request, response) => void size().then((read) => response.end(String(read))));
  server.listen(0, () => {
    for (let asked = 0; asked < 2; asked++) http.get({ port: server.address().port });
    console.log('asked');
  });
  process.once('SIGTERM', () => {
    helper.kill();
    process.exit();
  });
}
