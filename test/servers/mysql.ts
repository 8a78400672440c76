import { once } from 'node:events';
import type { AddressInfo, Server } from 'node:net';

/** What the server needs of mysql2, whichever major it is. */
export interface MysqlModule {
  createServer(): {
    readonly _server: Server;
    listen(port: number, host: string): void;
    close(): void;
    on(event: 'connection', listener: (connection: ServedConnection) => void): void;
  };
}

interface ServedConnection {
  readonly stream: { destroy(): void };
  sequenceId: number;
  serverHandshake(options: object): void;
  writeOk(): void;
  on(event: string, listener: () => void): void;
}

export interface MysqlServer extends AsyncDisposable {
  readonly address: { readonly host: string; readonly port: number; readonly user: string };
}

/** A MySQL server of mysql2's own making: whatever it is asked, it says OK. */
export async function mysqlServer(mysql: MysqlModule): Promise<MysqlServer> {
  const connections = new Set<ServedConnection>();
  const server = mysql.createServer();
  let connectionId = 0;
  server.on('connection', (connection) => {
    connections.add(connection);
    connection.serverHandshake({
      protocolVersion: 10,
      serverVersion: '8.0.0',
      // mariadb tells its connections apart by it.
      connectionId: ++connectionId,
      statusFlags: 2,
      characterSet: 33,
      capabilityFlags: 0xffffff,
      authCallback: (_login: object, answer: (error: null) => void) => {
        answer(null);
        connection.sequenceId = 0;
      },
    });
    // It takes what sets a variable, as mariadb does first, for the preparation of a statement.
    for (const command of ['query', 'ping', 'stmt_prepare']) {
      connection.on(command, () => {
        // Each command begins anew; mysql looks at that, mysql2 does not.
        connection.sequenceId = 1;
        connection.writeOk();
        connection.sequenceId = 0;
      });
    }
    connection.on('error', () => undefined);
  });
  server.listen(0, '127.0.0.1');
  await once(server._server, 'listening');
  const { port } = server._server.address() as AddressInfo;
  return {
    address: { host: '127.0.0.1', port, user: 'u' },
    [Symbol.asyncDispose]: async () => {
      for (const { stream } of connections) stream.destroy();
      server.close();
    },
  };
}
