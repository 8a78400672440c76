import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { followClients, openClients } from '../../../../instrument/node/client-sockets.ts';

/** More than are noted before it is looked which are over. */
const MANY = 200;

let server: Server;
let stop: () => void;

beforeEach(async () => {
  server = createServer((socket) => socket.resume()).listen(0);
  await once(server, 'listening');
  stop = followClients();
});

afterEach(() => {
  stop();
  server.close();
});

function connecting(): Socket {
  return connect((server.address() as AddressInfo).port).on('error', () => undefined);
}

test('a client is known from when it connects, also where it keeps nothing alive, until it is closed', () => {
  const client = connecting().unref();
  expect(openClients()).toEqual([client]);
  client.destroy();
  expect(openClients()).toEqual([]);
});

test('those that are closed are forgotten, and none of the others', () => {
  const kept = connecting();
  for (let i = 0; i < MANY; i++) connecting().destroy();
  const last = connecting();
  expect(openClients()).toEqual([kept, last]);
  kept.destroy();
  last.destroy();
});

test('nobody follows them any more', () => {
  const client = connecting();
  stop();
  expect(openClients()).toEqual([]);
  client.destroy();
});
