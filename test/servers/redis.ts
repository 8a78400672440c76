import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';

export interface RedisServer extends AsyncDisposable {
  readonly address: { readonly host: string; readonly port: number };
}

/** A connection whose commands are carried out one after the other; while one blocks, the ones behind it wait. */
interface Client {
  readonly socket: Socket;
  readonly commands: string[][];
  isBlocked: boolean;
  /** Commands since MULTI. */
  transaction: string[][] | null;
}

/**
 * A Redis server for lists: RPUSH, LPUSH and BLPOP, without timeouts, and transactions. It is a cluster of one node. Everything else
 * is answered with OK.
 * Commands of a connection are answered in order, as in Redis: what comes after a BLPOP waits for it.
 */
export async function redisServer(): Promise<RedisServer> {
  const lists = new Map<string, string[]>();
  const poppers: { readonly client: Client; readonly key: string }[] = [];
  const clients = new Set<Client>();

  const run = (client: Client): void => {
    for (let next = client.commands.shift(); next !== undefined; next = client.commands.shift()) {
      if (client.transaction === null || /^exec$/i.test(next[0] ?? '')) execute(client, next);
      else {
        client.transaction.push(next);
        client.socket.write('+QUEUED\r\n');
      }
      if (client.isBlocked) return;
    }
  };
  const execute = (
    client: Client,
    [name = '', key = '', value = '']: readonly string[],
    isInTransaction = false,
  ): void => {
    const list = lists.get(key) ?? [];
    lists.set(key, list);
    switch (name.toUpperCase()) {
      case 'BLPOP': {
        if (isInTransaction && list.length === 0) {
          client.socket.write('*-1\r\n');
          return;
        }
        client.isBlocked = list.length === 0;
        if (client.isBlocked) poppers.push({ client, key });
        else client.socket.write(array([key, list.shift() ?? '']));
        return;
      }
      case 'RPUSH':
      case 'LPUSH': {
        const at = poppers.findIndex((popper) => popper.key === key);
        const [popper] = at < 0 ? [] : poppers.splice(at, 1);
        if (popper === undefined) list.push(value);
        else {
          popper.client.isBlocked = false;
          popper.client.socket.write(array([key, value]));
          setImmediate(run, popper.client);
        }
        client.socket.write(':1\r\n');
        return;
      }
      case 'MULTI':
        client.transaction = [];
        client.socket.write('+OK\r\n');
        return;
      case 'EXEC': {
        const queued = client.transaction ?? [];
        client.transaction = null;
        client.socket.write(`*${queued.length}\r\n`);
        for (const command of queued) execute(client, command, true);
        return;
      }
      case 'CLUSTER': {
        // All slots are its own.
        const { port } = server.address() as AddressInfo;
        client.socket.write(`*1\r\n*3\r\n:0\r\n:16383\r\n*3\r\n${bulk('127.0.0.1')}:${port}\r\n${bulk('own')}`);
        return;
      }
      case 'INFO':
        client.socket.write(bulk('redis_version:7.0.0\r\nloading:0'));
        return;
      default:
        client.socket.write('+OK\r\n');
    }
  };

  const server = createServer((socket) => {
    const client: Client = { socket, commands: [], isBlocked: false, transaction: null };
    clients.add(client);
    let input = '';
    socket.on('error', () => undefined).on('close', () => clients.delete(client));
    socket.on('data', (chunk) => {
      const { commands, rest } = parse(`${input}${chunk.toString()}`);
      input = rest;
      client.commands.push(...commands);
      if (!client.isBlocked) run(client);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    address: { host: '127.0.0.1', port },
    [Symbol.asyncDispose]: async () => {
      for (const { socket } of clients) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Commands in RESP, and what is left of the one that is not complete. */
function parse(input: string): { readonly commands: readonly string[][]; readonly rest: string } {
  const commands: string[][] = [];
  let rest = input;
  for (;;) {
    const [header, count] = /^\*(\d+)\r\n/.exec(rest) ?? [];
    if (header === undefined) return { commands, rest };
    const words: string[] = [];
    let at = header.length;
    for (let word = 0; word < Number(count); word++) {
      const [size, length] = /^\$(\d+)\r\n/.exec(rest.slice(at)) ?? [];
      const end = at + (size?.length ?? 0) + Number(length);
      if (size === undefined || rest.length < end + 2) return { commands, rest };
      words.push(rest.slice(end - Number(length), end));
      at = end + 2;
    }
    commands.push(words);
    rest = rest.slice(at);
  }
}

function bulk(text: string): string {
  return `$${Buffer.byteLength(text)}\r\n${text}\r\n`;
}

function array(words: readonly string[]): string {
  return `*${words.length}\r\n${words.map(bulk).join('')}`;
}
