import http from 'node:http';
import http2 from 'node:http2';
import type { AddressInfo } from 'node:net';
import zlib from 'node:zlib';
import type * as Undici from 'undici';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Mutex } from '../../../../src/sync/user/mutex.ts';
import { LibraryStage, latest, next, previous, turn } from './library-stage.ts';

type Package = typeof Undici;

const PACKAGES: [readonly [string, Package], ...(readonly [string, Package])[]] = [
  ['undici 7', latest('undici') as Package],
  ['undici 6', previous('undici') as Package],
];
// 8 needs what Node has since 22.15.
const isNextLoadable = 'createZstdDecompress' in zlib;
if (isNextLoadable) PACKAGES.push(['undici 8', next('undici') as Package]);

let stage: LibraryStage;
let server: http.Server;
let base: string;
/** Through which the handler of /cart asks its own server for /price. */
let ask: (path: string) => Promise<string>;

beforeEach(async () => {
  stage = new LibraryStage();
  server = http.createServer((request, response) => {
    if (request.url !== '/cart') response.end('42');
    else {
      ask('/price').then(
        (price) => response.end(`cart ${price}`),
        () => response.destroy(),
      );
    }
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((closed) => server.close(closed));
  stage[Symbol.dispose]();
});

async function requested(dispatcher: Undici.Dispatcher, path: string): Promise<string> {
  const { body } = await dispatcher.request({ origin: base, path, method: 'GET' });
  return body.text();
}

describe.each(PACKAGES)('%s', (name, undici) => {
  test('a handler that asks its own server through another pool, or through one without a limit, is fine', async () => {
    const { Agent, Pool } = undici;
    const pools = [
      [new Pool(base, { connections: 1 }), new Pool(base, { connections: 1 })],
      [new Agent(), null],
      [new Pool(base), null],
    ] as const;
    for (const [outer, inner] of pools) {
      ask = (path) => requested(inner ?? outer, path);
      for (let round = 0; round < 3; round++) expect(await requested(outer, '/cart')).toBe('cart 42');
      await outer.close();
      await inner?.close();
    }
    expect(await stage.found()).toEqual([]);
  });

  test('a lock around a request that its handler needs', async () => {
    const [stock, ledger] = [new Mutex({ name: 'stock' }), new Mutex({ name: 'ledger' })];
    ask = () => ledger.runExclusive(async () => '42');
    // Not before the installation: it replaces what the module exports.
    const { request, fetch, Pool } = undici;
    const pool = new Pool(base);
    const get = async (): Promise<string> => (await request(`${base}/cart`)).body.text();
    expect(await stock.runExclusive(get)).toBe('cart 42');
    await ledger.runExclusive(() => stock.runExclusive(async () => undefined));
    expect(await stage.found()).toEqual(['DEPT001 error ledger stock']);
    const calls: readonly (() => Promise<unknown>)[] = [
      () => fetch(`${base}/cart`),
      () => requested(pool, '/cart'),
      get,
    ];
    for (const again of calls) {
      ask = () => stock.runExclusive(async () => '42');
      const hanging = stock.runExclusive(again).catch(() => undefined);
      const before = stage.installation.findings.length;
      while (stage.open.length < 2) await turn();
      expect((await stage.found()).slice(before)).toEqual(['DEPT002 error answers of http.Server stock']);
      server.closeAllConnections();
      await hanging;
    }
    await pool.close();
  });

  test('requests after each other and beside each other are no request inside another', async () => {
    const { Pool, fetch } = undici;
    const pool = new Pool(base, { connections: 1 });
    const get = async (): Promise<string> => (await fetch(base, { dispatcher: pool })).text();
    const answers = await Promise.all([get(), get(), requested(pool, '/')]);
    for (let round = 0; round < 3; round++) answers.push(await get());
    expect(answers).toEqual(Array.from({ length: 6 }, () => '42'));
    expect(await stage.found()).toEqual([]);
    expect(stage.open).toEqual([]);
    await pool.close();
  });

  test.each([
    ['a pool', ({ Pool }: Package, connections: number) => new Pool(base, { connections })],
    ['an agent', ({ Agent }: Package, connections: number) => new Agent({ connections })],
  ])('a handler that asks its own server through %s of its caller can hang', async (_what, make) => {
    const pool = make(undici, 2);
    ask = (path) => requested(pool, path);
    expect(await requested(pool, '/cart')).toBe('cart 42');
    expect(await stage.found()).toEqual(['DEPT001 error connections of Pool']);
    expect(stage.installation.findings[0]?.message).toMatch(/another of the 2 permits/);
    await pool.close();
  });

  test.each([
    ['a pool', ({ Pool }: Package) => new Pool(base, { connections: 1 })],
    ['a client', ({ Client }: Package) => new Client(base)],
  ])('it hangs when %s has no other connection', async (_what, make) => {
    const pool = make(undici);
    let asked = 0;
    ask = (path) => {
      asked++;
      return requested(pool, path);
    };
    const cart = requested(pool, '/cart');
    while (asked === 0) await turn();
    expect(await stage.found()).toEqual([expect.stringMatching(/^DEPT002 error connections of (?:Pool|Client)$/)]);
    const failed = expect(cart).rejects.toThrow();
    await pool.destroy();
    await failed;
  });

  test('a request that is given up before it is sent waits no more', async () => {
    const { Pool } = undici;
    const pool = new Pool(base, { connections: 1 });
    let answer = (): void => undefined;
    ask = () =>
      new Promise((done) => {
        answer = () => done('late');
      });
    let isAsked = false;
    const late = ask;
    ask = (path) => {
      isAsked = true;
      return late(path);
    };
    const first = requested(pool, '/cart');
    while (!isAsked) await turn();
    const given = new AbortController();
    const second = pool.request({ path: '/', method: 'GET', signal: given.signal });
    expect(stage.open).toHaveLength(1);
    given.abort();
    // A pool of 6 and 7 looks at the signal when the turn of the request has come.
    if (name === 'undici 8') expect(stage.open).toEqual([]);
    answer();
    await expect(second).rejects.toThrow();
    expect(await first).toBe('cart late');
    expect(await requested(pool, '/')).toBe('42');
    expect(stage.open).toEqual([]);
    await pool.close();
  });
});

describe.runIf(isNextLoadable)('undici 8 over HTTP/2', () => {
  let shared: http2.Http2Server;
  let client: Undici.Client;
  let get: (path: string) => Promise<Undici.Dispatcher.ResponseData>;
  let price: () => Promise<string>;

  beforeEach(async () => {
    const { Client } = next('undici') as Package;
    price = async () => '42';
    shared = http2.createServer((request, response) => {
      if (request.url === '/catalogue') response.end(Buffer.alloc(1_000_000));
      else void price().then((body) => response.end(body));
    });
    await new Promise<void>((listening) => shared.listen(0, '127.0.0.1', listening));
    const origin = `http://127.0.0.1:${(shared.address() as AddressInfo).port}`;
    client = new Client(origin, { useH2c: true } as object);
    get = (path) => client.request({ origin, path, method: 'GET' });
  });

  afterEach(async () => {
    await client.destroy();
    await new Promise((closed) => shared.close(closed));
  });

  test('requests that share a connection wait for none', async () => {
    for (let round = 0; round < 3; round++) {
      const catalogue = await get('/catalogue');
      expect(await (await get('/price')).body.text()).toBe('42');
      expect(await catalogue.body.text()).toHaveLength(1_000_000);
    }
    expect(await stage.found()).toEqual([]);
    expect(stage.open).toEqual([]);
  });

  test('a lock around a request that its handler needs', async () => {
    const [stock, ledger] = [new Mutex({ name: 'stock' }), new Mutex({ name: 'ledger' })];
    const text = async (path: string): Promise<string> => (await get(path)).body.text();
    price = () => ledger.runExclusive(async () => '42');
    // Before there is a connection, over it, and several at a time: whoever sends it, each is its own caller's.
    const beside = Promise.all([text('/price'), stock.runExclusive(() => text('/price')), text('/price')]);
    expect(await beside).toEqual(['42', '42', '42']);
    expect(await stage.found()).toEqual([]);
    await ledger.runExclusive(() => stock.runExclusive(async () => undefined));
    expect(await stage.found()).toEqual(['DEPT001 error ledger stock']);
  });

  test('a lock around other requests than the one whose handler needs it is nothing', async () => {
    const stock = new Mutex({ name: 'stock' });
    price = () => stock.runExclusive(async () => '42');
    const text = async (path: string): Promise<string> => (await get(path)).body.text();
    for (let round = 0; round < 3; round++) {
      const both = await Promise.all([stock.runExclusive(() => text('/catalogue')), text('/price'), text('/price')]);
      expect(both.map((body) => body.length)).toEqual([1_000_000, 2, 2]);
    }
    expect(await stage.found()).toEqual([]);
    expect(stage.open).toEqual([]);
  });
});

test('a dispatcher is what it was, and refuses what it refused', async () => {
  const [[, { Client }]] = PACKAGES;
  const current = (): unknown => Reflect.get(Client.prototype, 'dispatch');
  const dispatch = current() as (...args: unknown[]) => boolean;
  expect([dispatch.name, dispatch.length]).toEqual(['dispatch', 2]);
  const client = new Client(base);
  expect(() => Reflect.apply(dispatch, client, [null, null])).toThrow('handler must be an object');
  await client.close();
  stage.installation.uninstall();
  expect(current()).not.toBe(dispatch);
});
