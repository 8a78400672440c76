import http from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import * as latest from 'undici';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { NodeStage } from './node-stage.ts';

const previous = createRequire(new URL('../../../previous-majors/package.json', import.meta.url))(
  'undici',
) as typeof latest;

let stage: NodeStage;
let server: http.Server;
let base: string;
let requests: number;

beforeEach(async () => {
  stage = new NodeStage();
  requests = 0;
  server = http.createServer((request, response) => {
    requests++;
    response.end(Buffer.alloc(request.url === '/small' ? 100 : 1 << 20));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((closed) => server.close(closed));
  stage.end();
});

async function settle(): Promise<void> {
  for (let turns = 0; turns < 200; turns++) await turn();
}

describe.each([
  ['undici 7', latest],
  ['undici 6', previous],
])('%s', (_name, { Agent, fetch }) => {
  test('a body that nobody reads keeps its connection from the next request', async () => {
    const dispatcher = new Agent({ connections: 1 });
    const first = await fetch(`${base}/missing`, { dispatcher });
    const second = fetch(`${base}/small`, { dispatcher });
    await settle();
    stage.look({ isQuiet: true, times: 6 });
    expect(stage.messages).toEqual([
      'DEPT003 GET /small waits for a connection that GET /missing keeps until its answer is read: nobody reads that, and no other connection is allowed.',
    ]);
    const [open] = stage.findings[0]?.openWaits ?? [];
    expect(open?.stack?.frames[0]?.file).toMatch(/undici\.test\.ts$/);
    await first.body?.cancel();
    await (await second).text();
    await dispatcher.close();
  });

  test('not a small one, nor one that is being read', async () => {
    const dispatcher = new Agent({ connections: 1 });
    await fetch(`${base}/small`, { dispatcher });
    const second = await fetch(`${base}/large`, { dispatcher });
    const reader = second.body?.getReader();
    const third = fetch(`${base}/small`, { dispatcher });
    for (let chunk = await reader?.read(); chunk?.done === false; chunk = await reader?.read()) {
      stage.look({ isQuiet: true });
    }
    await (await third).text();
    stage.look({ isQuiet: true, times: 10 });
    expect(stage.messages).toEqual([]);
    expect(requests).toBe(3);
    await dispatcher.close();
  });

  test('not when another connection is allowed', async () => {
    const dispatcher = new Agent({ connections: 2 });
    const first = await fetch(`${base}/missing`, { dispatcher });
    await (await fetch(`${base}/small`, { dispatcher })).text();
    stage.look({ isQuiet: true, times: 10 });
    expect(stage.messages).toEqual([]);
    await first.body?.cancel();
    await dispatcher.close();
  });
});
