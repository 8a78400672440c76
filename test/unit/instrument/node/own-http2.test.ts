import http2 from 'node:http2';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Mutex } from '../../../../src/sync/user/mutex.ts';
import { NodeStage } from './node-stage.ts';

type Route = (answer: Answer) => Promise<string>;

/** What a handler answers with, in the form of streams and in that of requests and responses. */
interface Answer {
  begin(): void;
  write(part: string): void;
}

let stage: NodeStage;
let server: http2.Http2Server;
let client: http2.ClientHttp2Session;
let routes: Map<string, Route>;
/** Requests that have reached a handler. */
let arrived: number;

beforeEach(() => {
  stage = new NodeStage();
  routes = new Map();
  arrived = 0;
});

afterEach(async () => {
  client.destroy();
  await new Promise((closed) => server.close(closed));
  stage.end();
});

/** The handlers of the test, each called by its route. */
function answered(path: string, answer: Answer, end: (body: string) => void, fail: () => void): void {
  arrived++;
  Promise.resolve(routes.get(path)?.(answer)).then((body) => end(body ?? ''), fail);
}

const SERVERS: readonly (readonly [string, () => http2.Http2Server])[] = [
  [
    'the stream event',
    () =>
      http2.createServer().on('stream', (stream, headers) => {
        const begin = (): void => stream.respond({ ':status': 200 });
        const end = (body: string): void => {
          if (!stream.headersSent) begin();
          stream.end(body);
        };
        const answer = { begin, write: (part: string) => void stream.write(part) };
        answered(String(headers[':path']), answer, end, () => stream.close());
      }),
  ],
  [
    'the compatibility API',
    () =>
      http2.createServer((request, response) => {
        const begin = (): void => response.stream.respond({ ':status': 200 });
        const answer = { begin, write: (part: string) => void response.write(part) };
        answered(
          request.url,
          answer,
          (body) => void response.end(body),
          () => response.stream.close(),
        );
      }),
  ],
];

async function connect(make: () => http2.Http2Server): Promise<void> {
  server = make();
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  client = http2.connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  await new Promise((connected) => client.once('connect', connected));
}

type Get = (path: string) => Promise<string>;

async function read(path: string): Promise<string> {
  return text(client.request({ ':path': path }));
}

function heard(path: string): Promise<string> {
  return new Promise((done, fail) => {
    const stream = client.request({ ':path': path });
    let body = '';
    stream.on('error', fail);
    stream.on('close', fail);
    stream.on('response', () => {
      stream.setEncoding('utf8');
      stream.on('data', (part) => {
        body += String(part);
      });
      stream.on('end', () => done(body));
    });
  });
}

const CLIENTS: readonly (readonly [string, Get])[] = [
  ['what is read', read],
  ['what is listened for', heard],
];

/** Until so many requests have arrived, and what they set going stands. */
async function until(requests: number): Promise<void> {
  while (arrived < requests) await turn();
  for (let turns = 0; turns < 20; turns++) await turn();
}

describe.each(SERVERS)('%s', (_server, make) => {
  beforeEach(() => connect(make));

  describe.each(CLIENTS)('%s', (_client, get) => {
    test('hangs under a lock that the handler takes', async () => {
      const stock = new Mutex({ name: 'stock' });
      routes.set('/stock', async function readStock() {
        return stock.runExclusive(async () => 'seven');
      });
      void stock
        .runExclusive(async function placeOrder() {
          return get('/stock');
        })
        .catch(() => undefined);
      await until(1);
      stage.confirm();
      expect(stage.messages).toEqual([
        expect.stringMatching(/^DEPT002 readStock and \S+ wait for each other for ever\.$/),
      ]);
      const [{ circle }] = stage.findings as [(typeof stage.findings)[0]];
      expect(circle.map(({ from, to }) => `${from.key.name} -> ${to.key.name}`)).toEqual([
        'answers of http2.Server -> stock',
        'stock -> answers of http2.Server',
      ]);
      expect(circle[1]?.instances?.toLabel).toBe('GET /stock');
      expect(circle[0]?.start.stack?.frames[0]?.file).toMatch(/own-http2\.test\.ts$/);
      client.destroy();
      for (let turns = 0; turns < 20; turns++) await turn();
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

    test('one order, and a lock that is given back before, are nothing', async () => {
      const [stock, ledger] = [new Mutex({ name: 'stock' }), new Mutex({ name: 'ledger' })];
      routes.set('/ledger', () => ledger.runExclusive(async () => 'even'));
      for (let round = 0; round < 3; round++) {
        await stock.runExclusive(() => get('/ledger'));
        await stock.runExclusive(() => ledger.runExclusive(async () => undefined));
        await ledger.runExclusive(async () => undefined);
        await get('/ledger');
      }
      expect(stage.messages).toEqual([]);
      expect([stage.openWaits, stage.openHolds]).toEqual([0, 0]);
    });

    test('each of many requests on one connection is one of its own', async () => {
      const [stock, ledger] = [new Mutex({ name: 'stock' }), new Mutex({ name: 'ledger' })];
      routes.set('/free', async () => {
        await turn();
        return 'free';
      });
      routes.set('/stock', () => stock.runExclusive(async () => 'seven'));
      routes.set('/ledger', () => ledger.runExclusive(async () => 'even'));
      for (let round = 0; round < 3; round++) {
        const bodies = await Promise.all([
          stock.runExclusive(() => get('/free')),
          get('/stock'),
          ledger.runExclusive(() => get('/free')),
          get('/ledger'),
          get('/free'),
        ]);
        expect(bodies).toEqual(['free', 'seven', 'free', 'even', 'free']);
      }
      expect(stage.messages).toEqual([]);
      expect([stage.openWaits, stage.openHolds]).toEqual([0, 0]);
    });
  });

  test('what a handler does when it has answered is not waited for', async () => {
    const [stock, ledger] = [new Mutex({ name: 'stock' }), new Mutex({ name: 'ledger' })];
    let late: Promise<unknown> = Promise.resolve();
    routes.set('/order', async () => {
      late = turn()
        .then(() => turn())
        .then(() => ledger.runExclusive(async () => undefined));
      return 'taken';
    });
    expect(await stock.runExclusive(() => read('/order'))).toBe('taken');
    await late;
    await ledger.runExclusive(() => stock.runExclusive(async () => undefined));
    expect(stage.messages).toEqual([]);
  });

  test('who reads an answer to its end waits for that as well', async () => {
    const [stock, ledger] = [new Mutex({ name: 'stock' }), new Mutex({ name: 'ledger' })];
    let hasBegun: () => void = () => undefined;
    const begun = new Promise<void>((done) => {
      hasBegun = done;
    });
    routes.set('/report', async function report(answer) {
      answer.begin();
      answer.write('first ');
      await begun;
      return ledger.runExclusive(async () => 'second');
    });
    const body = await stock.runExclusive(async () => {
      const stream = client.request({ ':path': '/report' });
      await new Promise((answering) => stream.once('response', answering));
      hasBegun();
      return text(stream);
    });
    expect(body).toBe('first second');
    await ledger.runExclusive(() => stock.runExclusive(async () => undefined));
    expect(stage.messages).toEqual([expect.stringMatching(/^DEPT001 /)]);
  });

  test('who only looks at the beginning of an answer does not', async () => {
    const [stock, ledger] = [new Mutex({ name: 'stock' }), new Mutex({ name: 'ledger' })];
    let mayEnd: () => void = () => undefined;
    const ending = new Promise<void>((done) => {
      mayEnd = done;
    });
    routes.set('/report', async (answer) => {
      answer.begin();
      await ending;
      return ledger.runExclusive(async () => 'end');
    });
    const stream = await stock.runExclusive(async () => {
      const asked = client.request({ ':path': '/report' });
      await new Promise((answering) => asked.once('response', answering));
      return asked;
    });
    setTimeout(mayEnd, 0);
    expect(await text(stream)).toBe('end');
    await ledger.runExclusive(() => stock.runExclusive(async () => undefined));
    expect(stage.messages).toEqual([]);
  });

  test('a request that nobody waits for is none', async () => {
    const stock = new Mutex({ name: 'stock' });
    routes.set('/stock', () => stock.runExclusive(async () => 'seven'));
    const stream = await stock.runExclusive(async () => {
      const asked = client.request({ ':path': '/stock' });
      await until(1);
      stage.confirm();
      return asked;
    });
    expect(await text(stream)).toBe('seven');
    expect(stage.messages).toEqual([]);
  });

  test('a request that is not answered, or given up, leaves nothing behind', async () => {
    const stock = new Mutex({ name: 'stock' });
    routes.set('/fails', () => Promise.reject(new Error('on purpose')));
    routes.set('/never', () => new Promise(() => undefined));
    await stock.runExclusive(async () => {
      for (const path of ['/fails', '/never']) {
        const stream = client.request({ ':path': path });
        const closed = new Promise((done) => stream.once('close', done));
        stream.on('error', () => undefined).resume();
        if (path === '/never') {
          await until(2);
          stream.close(http2.constants.NGHTTP2_CANCEL);
        }
        await closed;
      }
    });
    for (let turns = 0; turns < 20; turns++) await turn();
    expect(stage.messages).toEqual([]);
    expect([stage.openWaits, stage.openHolds]).toEqual([0, 0]);
  });
});

test('requests of another process, and of a session that is gone, are none', async () => {
  await connect(() => http2.createServer((_request, response) => void response.end('answer')));
  const lock = new Mutex({ name: 'lock' });
  const other = http2.connect('http://192.0.2.1:9');
  other.on('error', () => undefined);
  await lock.runExclusive(async () => {
    const stream = other.request({ ':path': '/' });
    stream.on('error', () => undefined).resume();
    other.destroy();
    expect(await read('/')).toBe('answer');
  });
  client.destroy();
  await lock.runExclusive(async () => {
    // Node 20 throws, later ones tell the stream.
    const asked = async (): Promise<void> => {
      const stream = client.request({ ':path': '/' });
      await new Promise((_done, fail) => stream.once('error', fail));
    };
    await expect(asked()).rejects.toThrow('The session has been destroyed');
  });
  expect(stage.messages).toEqual([]);
  expect([stage.openWaits, stage.openHolds]).toEqual([0, 0]);
});

test('over TLS it is the same', async () => {
  const [stock, ledger] = [new Mutex({ name: 'stock' }), new Mutex({ name: 'ledger' })];
  // A key exchange without names needs no certificate.
  const tls = { ciphers: 'aNULL:@SECLEVEL=0', minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' } as const;
  const secure = http2.createSecureServer(tls, function readLedger(_request, response) {
    void ledger.runExclusive(async () => response.end('even'));
  });
  server = secure as unknown as http2.Http2Server;
  await new Promise<void>((listening) => secure.listen(0, '127.0.0.1', listening));
  const { port } = secure.address() as AddressInfo;
  client = http2.connect(`https://localhost:${port}`, {
    ...tls,
    // There is none to look at.
    rejectUnauthorized: false,
    checkServerIdentity: () => undefined,
  });
  expect(await stock.runExclusive(() => read('/ledger'))).toBe('even');
  await ledger.runExclusive(async function close() {
    await stock.runExclusive(async () => undefined);
  });
  expect(stage.messages).toEqual([
    expect.stringMatching(/^DEPT001 close and \S*readLedger can wait for each other for ever\.$/),
  ]);
});

test('the authority may be an object, and the port an option', async () => {
  await connect(() =>
    http2.createServer((_request, response) => void lock.runExclusive(async () => response.end('42'))),
  );
  const [lock, other] = [new Mutex({ name: 'lock' }), new Mutex({ name: 'other' })];
  const { port } = server.address() as AddressInfo;
  const sessions = [
    http2.connect({ protocol: 'http:', hostname: '127.0.0.1', port } as never),
    http2.connect(new URL('http://localhost'), { port, host: '127.0.0.1' } as object),
  ];
  for (const session of sessions) {
    expect(await other.runExclusive(async () => text(session.request({ ':path': '/' })))).toBe('42');
    session.destroy();
  }
  await lock.runExclusive(() => other.runExclusive(async () => undefined));
  expect(stage.messages).toEqual([expect.stringMatching(/^DEPT001 /)]);
});

test('programs see their own functions and properties', async () => {
  await connect(() => http2.createServer((_request, response) => void response.end('answer')));
  // Not before: on Node 20 a session is watched from when a server listens.
  const { connect: watched, createServer } = http2;
  expect([watched.name, watched.length, createServer.name, createServer.length]).toEqual([
    'connect',
    3,
    'createServer',
    2,
  ]);
  const lock = new Mutex({ name: 'lock' });
  let stream: http2.ClientHttp2Stream | null = null;
  await lock.runExclusive(async () => {
    stream = client.request({ ':path': '/' });
    expect(await text(stream)).toBe('answer');
  });
  expect(Object.keys(stream ?? {})).not.toContain('exchange');
  stage.end();
  expect(http2.connect).not.toBe(watched);
  for (const made of [server, client, stream]) {
    const methods = Object.getOwnPropertyNames(Object.getPrototypeOf(made));
    expect(methods.filter((name) => ['emit', 'end'].includes(name))).toEqual([]);
  }
});
