// Looks only at the status of its answers: the second request waits for ever for the one connection there is.
import http from 'node:http';

const server = http.createServer((_, response) => response.end('x'.repeat(2_000_000)));
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const url = `http://127.0.0.1:${server.address().port}/`;

async function withNode() {
  const agent = new http.Agent({ maxSockets: 1 });
  return () => new Promise((resolve, reject) => http.get(url, { agent }, resolve).on('error', reject));
}

async function withUndici() {
  const { Agent, request } = await import('undici');
  const dispatcher = new Agent({ connections: 1 });
  return () => request(url, { dispatcher });
}

async function status(get) {
  const { statusCode } = await get();
  return statusCode;
}

const get = await (process.argv[2] === 'undici' ? withUndici() : withNode());
console.log(await status(get), 'stands');
await status(get);
