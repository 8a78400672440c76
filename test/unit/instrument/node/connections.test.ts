import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync, unwatchFile, watch, watchFile } from 'node:fs';
import { type AddressInfo, connect, createServer, type Server, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { MessageChannel } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Connections } from '../../../../instrument/node/connections.ts';

let folder: string;
let undo: (() => unknown)[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dept-connections-'));
  undo = [() => rmSync(folder, { recursive: true })];
});

afterEach(() => {
  for (const each of undo.reverse()) each();
});

const leadOutside = (...handles: readonly object[]): boolean => new Connections(handles).leadOutside;

/** A server, and the two ends of a connection to it. */
async function connected(where: string | number): Promise<readonly [Server, Socket, Socket]> {
  const server = createServer().listen(where);
  await once(server, 'listening');
  const address = server.address() as AddressInfo | string;
  const client = typeof address === 'string' ? connect(address) : connect(address.port);
  const [accepted] = (await once(server, 'connection')) as [Socket];
  if (client.connecting) await once(client, 'connect');
  undo.push(
    () => server.close(),
    () => client.destroy(),
    () => accepted.destroy(),
  );
  return [server, client, accepted];
}

function started(program: string, stdio: 'pipe' | 'ignore' = 'pipe'): ChildProcess {
  const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', stdio, 'ignore'] });
  undo.push(() => child.kill());
  return child;
}

describe('something may come from outside', () => {
  test('by a file that is watched', () => {
    const watcher = watch(folder);
    const byState = watchFile(join(folder, 'file'), () => undefined);
    undo.push(
      () => watcher.close(),
      () => unwatchFile(join(folder, 'file')),
    );
    expect(leadOutside(watcher)).toBe(true);
    expect(leadOutside(byState)).toBe(true);
  });

  test('by a datagram, and by a message of another thread', () => {
    const socket = createSocket('udp4');
    const { port1 } = new MessageChannel();
    undo.push(
      () => socket.close(),
      () => port1.close(),
    );
    expect(leadOutside(socket)).toBe(true);
    expect(leadOutside(port1)).toBe(true);
  });

  test.skipIf(process.platform === 'win32')('by a socket with a path, whoever listens there', async () => {
    const [server, client] = await connected(join(folder, 'socket'));
    expect(leadOutside(client)).toBe(true);
    expect(leadOutside(server)).toBe(false);
    expect(leadOutside(server, client)).toBe(true);
    expect(new Connections([server, client]).mayBeOwn).toBe(true);
  });

  test('by a connection to a port, unless this process has both ends of it', async () => {
    const [server, client, accepted] = await connected(0);
    expect(leadOutside(client)).toBe(true);
    expect(leadOutside(server, client, accepted)).toBe(false);
  });

  test('by the end of one that this process has accepted, unless the other end is a client of its own that keeps nothing alive', async () => {
    const [server, client, accepted] = await connected(0);
    expect(new Connections([server, accepted]).leadOutside).toBe(true);
    const own = new Connections([server, accepted], [client]);
    expect(own.leadOutside).toBe(false);
    expect(own.mayBeOwn).toBe(true);
    expect(own.ownHandles).toHaveLength(3);
  });

  test('but not by a client that keeps nothing alive: nobody waits for what it brings', async () => {
    const [, client] = await connected(0);
    expect(new Connections([], [client]).leadOutside).toBe(false);
  });

  test('by a child, and by its output while nobody has the child', () => {
    const child = started('setInterval(() => undefined, 1000)');
    expect(leadOutside(child)).toBe(true);
    expect(leadOutside(child.stdout as Socket)).toBe(true);
  });

  test('but not by a child that cannot write what it has to say', async () => {
    const child = started(`require('node:fs').writeSync(1, 'x'.repeat(1000000))`);
    const stdout = child.stdout as Socket;
    // Nobody reads the output; it is there in the stream all the same.
    stdout.read(0);
    while (stdout.readableLength < stdout.readableHighWaterMark) await turn();
    expect(leadOutside(child, stdout)).toBe(false);
    expect(leadOutside(stdout)).toBe(false);
  });

  test('by standard input while somebody reads it, and never by an output', () => {
    const standard = (fd: number): Socket => Object.assign(new Socket(), { fd });
    expect(leadOutside(standard(0))).toBe(false);
    expect(leadOutside(standard(0).on('data', () => undefined))).toBe(true);
    expect(leadOutside(standard(1), standard(2))).toBe(false);
  });
});
