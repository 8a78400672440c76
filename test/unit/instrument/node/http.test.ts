import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { NodeStage } from './node-stage.ts';

let stage: NodeStage;
let open: http.Server[];

beforeEach(() => {
  stage = new NodeStage();
  open = [];
});

afterEach(async () => {
  for (const server of open) {
    server.closeAllConnections();
    if (server.listening) await new Promise((closed) => server.close(closed));
  }
  stage.end();
});

type Handler = (path: string, response: http.ServerResponse) => Promise<void> | void;

async function serve(handle: Handler): Promise<number> {
  const server = http.createServer((request, response) => {
    Promise.resolve(handle(request.url ?? '', response)).catch(() => response.destroy());
  });
  open.push(server);
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return (server.address() as AddressInfo).port;
}

async function get(port: number, path: string, agent: http.Agent): Promise<string> {
  const response = await new Promise<http.IncomingMessage>((done, fail) => {
    http.get({ port, host: '127.0.0.1', path, agent }, done).once('error', fail);
  });
  return text(response);
}

/** A server whose /cart asks itself for /price, through the second agent. */
async function shop(inner: http.Agent): Promise<number> {
  const port = await serve(async (path, response) => {
    if (path === '/price') response.end('42');
    else response.end(`cart ${await get(port, '/price', inner)}`);
  });
  return port;
}

test('a handler that asks its own server through the agent of its caller can hang', async () => {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 2 });
  const port = await shop(agent);
  expect(await get(port, '/cart', agent)).toBe('cart 42');
  agent.destroy();
  expect(stage.messages).toEqual([
    expect.stringMatching(/^DEPT001 .* it asks for another of the 2 permits of sockets of Agent while it holds one\.$/),
  ]);
  // A socket cannot be handed down to a handler.
  expect(stage.findings[0]?.help).toContain(
    'Make the inner request through an agent or pool of its own, instead of asking sockets of Agent for another one.',
  );
});

test('it hangs when no socket is left', async () => {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  const port = await shop(agent);
  const cart = get(port, '/cart', agent);
  while (Object.keys(agent.requests).length === 0) await turn();
  stage.confirm();
  expect(stage.messages).toEqual([expect.stringMatching(/^DEPT002 .* it asks for sockets of Agent again/)]);
  agent.destroy();
  open[0]?.closeAllConnections();
  await expect(cart).rejects.toThrow();
});

test('not with an agent of its own, nor with one that has no limit', async () => {
  const agents = [
    [new http.Agent({ keepAlive: true, maxSockets: 1 }), new http.Agent({ keepAlive: true, maxSockets: 1 })],
    [new http.Agent({ keepAlive: true }), new http.Agent({ keepAlive: true })],
  ] as const;
  for (const [outer, inner] of agents) {
    const port = await shop(inner);
    for (let round = 0; round < 3; round++) expect(await get(port, '/cart', outer)).toBe('cart 42');
    outer.destroy();
    inner.destroy();
  }
  expect(stage.messages).toEqual([]);
});

test('one request after another is no request inside another', async () => {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  const port = await serve((_path, response) => void response.end('ok'));
  const answers = await Promise.all([get(port, '/a', agent), get(port, '/b', agent), get(port, '/c', agent)]);
  for (let round = 0; round < 3; round++) answers.push(await get(port, '/d', agent));
  agent.destroy();
  expect(answers).toEqual(Array.from({ length: 6 }, () => 'ok'));
  expect(stage.messages).toEqual([]);
});

test('a request that was given up waits for nobody', async () => {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  const port = await serve(() => undefined);
  const [first, second] = ['/a', '/b'].map((path) => http.get({ port, host: '127.0.0.1', path, agent }));
  for (const request of [first, second]) request?.on('error', () => undefined);
  await turn();
  expect(stage.openWaits).toBe(1);
  second?.destroy();
  expect(stage.openWaits).toBe(0);
  first?.destroy();
  agent.destroy();
});

test('a handler that awaits the close of its own server hangs', async () => {
  const port = await serve(async (_path, response) => {
    await new Promise((closed) => open[0]?.close(closed));
    response.end('closed');
  });
  const answer = get(port, '/shutdown', new http.Agent());
  while (open[0]?.listening === true) await turn();
  stage.confirm();
  expect(stage.messages).toEqual([
    expect.stringMatching(/^DEPT002 .*it waits for the close of the server whose request it has not answered\.$/),
  ]);
  open[0]?.closeAllConnections();
  await expect(answer).rejects.toThrow();
});

test('a handler that closes its own server and awaits the event hangs, too', async () => {
  const port = await serve(async (_path, response) => {
    open[0]?.close();
    await once(open[0] as http.Server, 'close');
    response.end('closed');
  });
  const answer = get(port, '/shutdown', new http.Agent());
  while (open[0]?.listening === true) await turn();
  await turn();
  stage.confirm();
  expect(stage.messages).toEqual([expect.stringMatching(/^DEPT002 .*it waits for the close of the server/)]);
  open[0]?.closeAllConnections();
  await expect(answer).rejects.toThrow();
});

test('a server that is only closed is waited for by nobody', async () => {
  const port = await serve(() => {
    open[0]?.close();
  });
  const answer = get(port, '/never', new http.Agent());
  while (open[0]?.listening === true) await turn();
  await turn();
  stage.confirm();
  expect(stage.messages).toEqual([]);
  expect(stage.openWaits).toBe(0);
  open[0]?.closeAllConnections();
  await expect(answer).rejects.toThrow();
});

test('a server may be closed while its handlers work', async () => {
  const port = await serve(async (path, response) => {
    if (path === '/shutdown') setImmediate(() => open[0]?.close());
    for (let turns = 0; turns < 20; turns++) await turn();
    response.end('bye');
  });
  const agent = new http.Agent();
  expect(await Promise.all([get(port, '/a', agent), get(port, '/shutdown', agent)])).toEqual(['bye', 'bye']);
  stage.confirm();
  expect(stage.messages).toEqual([]);
});

test('clients that go away leave nothing behind', async () => {
  const handled: http.ServerResponse[] = [];
  const port = await serve((_path, response) => void handled.push(response));
  for (let round = 0; round < 3; round++) {
    const request = http.get({ port, host: '127.0.0.1', path: '/' });
    request.on('error', () => undefined);
    while (handled.length <= round) await turn();
    request.destroy();
    while (handled[round]?.closed !== true) await turn();
  }
  const closed = new Promise((done) => open[0]?.close(done));
  stage.confirm();
  await closed;
  expect(stage.openHolds).toBe(0);
});

test('a request that one server passes on to another is answered once', async () => {
  const inner = http.createServer((_request, response) => void response.end('inner'));
  const outer = http.createServer((request, response) => void inner.emit('request', request, response));
  open.push(outer);
  await new Promise<void>((listening) => outer.listen(0, '127.0.0.1', listening));
  expect(await get((outer.address() as AddressInfo).port, '/', new http.Agent())).toBe('inner');
  expect(stage.openHolds).toBe(0);
});

test('a program may emit requests of its own making', () => {
  const server = http.createServer();
  const seen: unknown[] = [];
  server.on('request', (...args: unknown[]) => void seen.push(args));
  server.emit('request');
  server.emit('request', 1, 2);
  expect(seen).toEqual([[], [1, 2]]);
});

test('an answer that nobody reads keeps its socket from the next request', async () => {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  const port = await serve((_path, response) => void response.end('no such page'));
  const options = { port, host: '127.0.0.1', agent };
  const first = await new Promise<http.IncomingMessage>((done) => http.get({ ...options, path: '/missing' }, done));
  const second = get(port, '/fallback', agent);
  stage.look({ isQuiet: true, times: 3 });
  expect(stage.messages).toEqual([]);
  stage.look({ isQuiet: true });
  expect(stage.messages).toEqual([
    'DEPT003 GET /fallback waits for a connection that GET /missing keeps until its answer is read: nobody reads that, and no other connection is allowed.',
  ]);
  first.resume();
  await second;
  agent.destroy();
});
