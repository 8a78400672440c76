import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';

/** Where a client finds the server. */
export interface PostgresAddress {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

export interface PostgresServer extends AsyncDisposable {
  readonly address: PostgresAddress;
}

const SSL_REQUEST = 80_877_103;

/**
 * A PostgreSQL server of the wire protocol alone: every SELECT gives one row, BEGIN and COMMIT move the transaction
 * status, nothing is stored and no row is locked. What waits in a client of it waits for the client's own pool.
 */
export async function postgresServer(): Promise<PostgresServer> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    serve(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    address: { host: '127.0.0.1', port, user: 'u', password: 'p', database: 'd' },
    [Symbol.asyncDispose]: async () => {
      // A client that a test has left waiting must not see its connection die.
      for (const socket of sockets) socket.unref();
      server.close().unref();
    },
  };
}

function serve(socket: Socket): void {
  const statements = new Map<string, string>();
  const portals = new Map<string, string>();
  let input = Buffer.alloc(0);
  let isStarted = false;
  let status = 'I';
  const ready = (): Buffer => message('Z', Buffer.from(status));
  const run = (sql: string): Buffer => {
    const [verb = ''] = sql.trim().toLowerCase().split(/\s/);
    if (verb === 'begin' || verb === 'start') status = 'T';
    if (verb === 'commit' || (verb === 'rollback' && !/\bto\b/i.test(sql))) status = 'I';
    const rows = hasRow(sql) ? [dataRow(answer(sql)[1])] : [];
    return Buffer.concat([...rows, message('C', text(`${verb.toUpperCase()} ${rows.length}`))]);
  };
  const answers: Readonly<Record<string, (body: Buffer) => readonly Buffer[]>> = {
    Q: (body) => {
      const [sql] = strings(body);
      return [...(hasRow(sql) ? [rowDescription(sql)] : []), run(sql), ready()];
    },
    P: (body) => {
      const [name, sql] = strings(body);
      statements.set(name, sql);
      return [message('1')];
    },
    B: (body) => {
      const [portal, name] = strings(body);
      portals.set(portal, statements.get(name) ?? '');
      return [message('2')];
    },
    D: (body) => {
      const isStatement = body[0] === 'S'.charCodeAt(0);
      const [name] = strings(body.subarray(1));
      const sql = (isStatement ? statements : portals).get(name) ?? '';
      const parameters = sql.match(/\$\d+/g)?.map(() => int32(25)) ?? [];
      return [
        ...(isStatement ? [message('t', int16(parameters.length), ...parameters)] : []),
        hasRow(sql) ? rowDescription(sql) : message('n'),
      ];
    },
    E: (body) => [run(portals.get(strings(body)[0]) ?? '')],
    C: () => [message('3')],
    S: () => [ready()],
  };
  socket.on('data', (chunk) => {
    input = Buffer.concat([input, chunk]);
    for (;;) {
      const header = isStarted ? 1 : 0;
      if (input.length < header + 4) return;
      const end = header + input.readInt32BE(header);
      if (input.length < end) return;
      const packet = input.subarray(0, end);
      input = input.subarray(end);
      if (!isStarted && packet.readInt32BE(4) === SSL_REQUEST) socket.write('N');
      else if (!isStarted) {
        isStarted = true;
        socket.write(Buffer.concat([message('R', int32(0)), message('K', int32(1), int32(1)), ready()]));
      } else if (packet[0] === 'X'.charCodeAt(0)) socket.end();
      else {
        const reply = answers[String.fromCharCode(packet[0] ?? 0)]?.(Buffer.from(packet.subarray(5))) ?? [];
        // As from another machine: never in the same turn.
        setImmediate(() => socket.write(Buffer.concat(reply)));
      }
    }
  });
}

/** Catalogues are empty. */
function hasRow(sql: string): boolean {
  return /^\s*(?:select|show|with|values)\b/i.test(sql) && !/pg_type|pg_range|pg_catalog|information_schema/i.test(sql);
}

/** The only column of the row, and its value. */
function answer(sql: string): readonly [column: string, value: string] {
  if (/server_version/i.test(sql)) return ['server_version', '15.0'];
  if (/version\(\)/i.test(sql)) return ['version', 'PostgreSQL 15.0'];
  if (/current_schema/i.test(sql)) return ['current_schema', 'public'];
  return /current_database/i.test(sql) ? ['current_database', 'd'] : ['v', '1'];
}

function rowDescription(sql: string): Buffer {
  return message('T', int16(1), text(answer(sql)[0]), int32(0), int16(0), int32(25), int16(-1), int32(-1), int16(0));
}

function dataRow(value: string): Buffer {
  return message('D', int16(1), int32(Buffer.byteLength(value)), Buffer.from(value));
}

/** The first two strings of a packet, each ended by a zero. */
function strings(body: Buffer): readonly [string, string] {
  const [first = '', second = ''] = body.toString('utf8').split('\0');
  return [first, second];
}

function message(type: string, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.from(type), int32(body.length + 4), body]);
}

function text(value: string): Buffer {
  return Buffer.from(`${value}\0`);
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}
