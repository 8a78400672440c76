import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Mutex } from '../../../../src/sync/user/mutex.ts';
import { Semaphore } from '../../../../src/sync/user/semaphore.ts';
import { NodeStage } from './node-stage.ts';

type Route = (request: http.IncomingMessage, response: http.ServerResponse) => Promise<string>;

let stage: NodeStage;
/** What a program gets that keeps it before it has a server. */
let keptFetch: typeof fetch;
let server: http.Server;
let port: number;
let routes: Map<string, Route>;
/** Requests that have reached a handler. */
let arrived: number;

beforeEach(async () => {
  stage = new NodeStage();
  keptFetch = globalThis.fetch;
  routes = new Map();
  arrived = 0;
  server = http.createServer((request, response) => {
    arrived++;
    Promise.resolve(routes.get(request.url ?? '')?.(request, response)).then(
      (body) => response.end(body),
      () => response.destroy(),
    );
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  ({ port } = server.address() as AddressInfo);
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((closed) => server.close(closed));
  stage.end();
});

/** Until so many requests have arrived, and what they set going stands. */
async function until(requests: number): Promise<void> {
  while (arrived < requests) await turn();
  for (let turns = 0; turns < 20; turns++) await turn();
}

type Get = (path: string, agent?: http.Agent) => Promise<string>;

async function fetched(path: string): Promise<string> {
  return (await fetch(`http://127.0.0.1:${port}${path}`)).text();
}

async function got(path: string, agent = new http.Agent()): Promise<string> {
  const answer = await new Promise<http.IncomingMessage>((done, fail) => {
    http.get({ port, host: '127.0.0.1', path, agent }, done).once('error', fail);
  });
  return text(answer);
}

function heard(path: string): Promise<string> {
  return new Promise((done, fail) => {
    const request = http.get(`http://localhost:${port}${path}`, { family: 4 });
    request.on('error', fail);
    request.on('response', (answer) => {
      let body = '';
      answer.on('data', (chunk) => {
        body += String(chunk);
      });
      answer.on('end', () => done(body));
    });
  });
}

const CLIENTS: readonly (readonly [string, Get])[] = [
  ['fetch', fetched],
  ['http.get with a promise', got],
  ['http.get with listeners', heard],
];

describe.each(CLIENTS)('%s', (_name, get) => {
  test('hangs under a lock that the handler takes', async () => {
    const stock = new Mutex({ name: 'stock' });
    routes.set('/stock', async function readStock() {
      return stock.runExclusive(async () => 'seven');
    });
    const order = stock.runExclusive(async function placeOrder() {
      return get('/stock');
    });
    order.catch(() => undefined);
    await until(1);
    stage.confirm();
    expect(stage.messages).toEqual([
      expect.stringMatching(/^DEPT002 readStock and \S+ wait for each other for ever\.$/),
    ]);
    const [{ circle, help }] = stage.findings as [(typeof stage.findings)[0]];
    expect(circle.map(({ from, to }) => `${from.key.name} -> ${to.key.name}`)).toEqual([
      'answers of http.Server -> stock',
      'stock -> answers of http.Server',
    ]);
    expect(circle[1]?.instances?.toLabel).toBe('GET /stock');
    expect(circle[0]?.start.stack?.frames[0]?.file).toMatch(/own-exchanges\.test\.ts$/);
    expect(help[0]).toMatch(/^Release stock before you send a request to your own server/);
    server.closeAllConnections();
    await expect(order).rejects.toThrow();
    expect(stage.openWaits).toBe(0);
    expect(stage.openHolds).toBe(0);
  });

  test('two locks in two orders, one of them in a handler, can hang', async () => {
    const [stock, ledger] = [new Mutex({ name: 'stock' }), new Mutex({ name: 'ledger' })];
    routes.set('/ledger', async function readLedger() {
      return ledger.runExclusive(async () => 'even');
    });
    const body = await stock.runExclusive(async function placeOrder() {
      return get('/ledger');
    });
    expect([body, stage.messages]).toEqual(['even', []]);
    await ledger.runExclusive(async function close() {
      await stock.runExclusive(async () => undefined);
    });
    expect(stage.messages).toEqual(['DEPT001 close and readLedger can wait for each other for ever.']);
  });

  test('a handler that needs a permit of the pool that its caller has one of can hang', async () => {
    const pool = new Semaphore(2, { name: 'connections' });
    routes.set('/price', async function price() {
      using _permit = await pool.acquire();
      return '42';
    });
    async function cart(): Promise<string> {
      using _permit = await pool.acquire();
      return await get('/price');
    }
    expect(await cart()).toBe('42');
    expect(stage.messages).toEqual([
      expect.stringMatching(/^DEPT001 price can wait for ever: it asks for another of the 2 permits of connections/),
    ]);
  });

  test('a chain of handlers is one', async () => {
    const [stock, ledger] = [new Mutex({ name: 'stock' }), new Mutex({ name: 'ledger' })];
    routes.set('/first', () => get('/second'));
    routes.set('/second', () => ledger.runExclusive(async () => 'even'));
    expect(await stock.runExclusive(() => get('/first'))).toBe('even');
    await ledger.runExclusive(() => stock.runExclusive(async () => undefined));
    expect(stage.messages).toEqual([expect.stringMatching(/^DEPT001 /)]);
  });

  test('says nothing when the lock is released before', async () => {
    const [stock, ledger] = [new Mutex({ name: 'stock' }), new Mutex({ name: 'ledger' })];
    routes.set('/both', () => stock.runExclusive(() => ledger.runExclusive(async () => 'both')));
    for (let round = 0; round < 3; round++) {
      await stock.runExclusive(async () => undefined);
      await ledger.runExclusive(async () => undefined);
      const bodies = await Promise.all([get('/both'), get('/both'), get('/both')]);
      expect(bodies).toEqual(['both', 'both', 'both']);
    }
    stage.confirm();
    expect([stage.messages, stage.openHolds, stage.openWaits]).toEqual([[], 0, 0]);
  });

  test('says nothing of a lock that was taken for another request of the same route', async () => {
    const [stock, ledger] = [new Mutex({ name: 'stock' }), new Mutex({ name: 'ledger' })];
    let calls = 0;
    // The second call finds at hand what the first has read.
    routes.set('/cached', async () => (calls++ === 0 ? ledger.runExclusive(async () => 'read') : 'cached'));
    expect(await get('/cached')).toBe('read');
    expect(await stock.runExclusive(() => get('/cached'))).toBe('cached');
    await ledger.runExclusive(() => stock.runExclusive(async () => undefined));
    expect(stage.messages).toEqual([]);
  });

  test('says nothing of two orders under one lock around the request', async () => {
    const [gate, stock, ledger] = ['gate', 'stock', 'ledger'].map((name) => new Mutex({ name })) as [
      Mutex,
      Mutex,
      Mutex,
    ];
    routes.set('/ledger', () => ledger.runExclusive(async () => 'even'));
    await gate.runExclusive(() => stock.runExclusive(() => get('/ledger')));
    await gate.runExclusive(() => ledger.runExclusive(() => stock.runExclusive(async () => undefined)));
    expect(stage.messages).toEqual([]);
  });

  test('says nothing of what a handler does when it has answered', async () => {
    const [stock, ledger] = [new Mutex({ name: 'stock' }), new Mutex({ name: 'ledger' })];
    let isDone = false;
    routes.set('/later', async (_request, response) => {
      response.end('later');
      await turn();
      await ledger.runExclusive(() => stock.runExclusive(async () => undefined));
      isDone = true;
      return '';
    });
    await stock.runExclusive(async () => {
      expect(await get('/later')).toBe('later');
      // The handler waits for the lock, and its caller for nobody.
      for (let turns = 0; turns < 50; turns++) await turn();
      stage.confirm();
    });
    while (!isDone) await turn();
    expect(stage.messages).toEqual([]);
  });

  test('a request that is not answered leaves nothing behind', async () => {
    const stock = new Mutex({ name: 'stock' });
    routes.set('/never', () => new Promise(() => undefined));
    const order = stock.runExclusive(() => get('/never'));
    order.catch(() => undefined);
    await until(1);
    expect(stage.openWaits).toBe(1);
    stage.confirm();
    server.closeAllConnections();
    await expect(order).rejects.toThrow();
    expect([stage.messages, stage.openHolds, stage.openWaits]).toEqual([[], 0, 0]);
  });
});

describe('nothing is said', () => {
  test('of a request that nobody waits for', async () => {
    const stock = new Mutex({ name: 'stock' });
    routes.set('/audit', () => stock.runExclusive(async () => 'noted'));
    let noted: Promise<unknown> = Promise.resolve();
    await stock.runExclusive(async () => {
      noted = fetch(`http://127.0.0.1:${port}/audit`).catch(() => undefined);
      http.get({ port, host: '127.0.0.1', path: '/audit' }).on('error', () => undefined);
      await until(2);
      stage.confirm();
    });
    await noted;
    expect(stage.messages).toEqual([]);
  });

  test('of what an answer that had begun before did not wait for', async () => {
    const [stock, ledger] = [new Mutex({ name: 'stock' }), new Mutex({ name: 'ledger' })];
    routes.set('/early', async (_request, response) => {
      response.flushHeaders();
      return ledger.runExclusive(async () => 'late');
    });
    for (const head of [
      async () => (await fetch(`http://127.0.0.1:${port}/early`)).body?.cancel(),
      () =>
        new Promise<void>((done, fail) => {
          const request = http.get({ port, host: '127.0.0.1', path: '/early' }, (answer) => {
            answer.resume();
            done();
          });
          request.on('error', fail);
        }),
    ]) {
      await stock.runExclusive(head);
    }
    await ledger.runExclusive(() => stock.runExclusive(async () => undefined));
    expect(stage.messages).toEqual([]);
  });
});

test('the end of an answer that has begun is waited for as well', async () => {
  const [stock, ledger] = [new Mutex({ name: 'stock' }), new Mutex({ name: 'ledger' })];
  let goOn = (): void => undefined;
  const hasBegun = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  routes.set('/late', async (_request, response) => {
    response.flushHeaders();
    await hasBegun;
    return ledger.runExclusive(async () => 'late');
  });
  await stock.runExclusive(
    () =>
      new Promise<void>((done, fail) => {
        const request = http.get({ port, host: '127.0.0.1', path: '/late' }, (answer) => {
          answer.resume().on('end', done);
          goOn();
        });
        request.on('error', fail);
      }),
  );
  await ledger.runExclusive(() => stock.runExclusive(async () => undefined));
  expect(stage.messages).toEqual([expect.stringMatching(/^DEPT001 /)]);
});

test('a server that listened before is known from its first request on', async () => {
  stage.end();
  stage = new NodeStage();
  const [stock, ledger] = [new Mutex({ name: 'stock' }), new Mutex({ name: 'ledger' })];
  routes.set('/ledger', () => ledger.runExclusive(async () => 'even'));
  await fetched('/ledger');
  await stock.runExclusive(() => fetched('/ledger'));
  await ledger.runExclusive(() => stock.runExclusive(async () => undefined));
  expect(stage.messages).toEqual([expect.stringMatching(/^DEPT001 /)]);
});

test('programs see their own functions and properties', async () => {
  const { fetch: watched } = globalThis;
  expect(watched).toBe(keptFetch);
  expect([watched.name, watched.length]).toEqual(['fetch', 1]);
  await expect(fetch('')).rejects.toThrow(TypeError);
  const lock = new Mutex({ name: 'lock' });
  routes.set('/a', async () => 'a');
  await lock.runExclusive(async () => {
    const answer = fetch(`http://127.0.0.1:${port}/a`);
    expect(Object.keys(answer)).toEqual([]);
    expect(await (await answer).text()).toBe('a');
  });
  stage.end();
  expect(globalThis.fetch).not.toBe(watched);
});
